import { backupTable } from "../../../../ops/backup/show";
import { Scene } from "../../host/backup/scene";

test("a backup dated in the future is listed as such, one of a minute ahead as new", async () => {
  const scene = await Scene.backedUp();
  const found = await scene.backups();
  const at = found[0]?.at ?? 0;
  const listed = (now: number) => backupTable(found, scene.folder, now, undefined);
  expect(listed(at + 3 * 3_600_000)).toContain(".dump  3 h old, ");
  expect(listed(at - 60_000)).toContain(".dump  0 min old, ");
  expect(listed(at - 3_600_000)).toContain(".dump  dated in the future, ");
  scene.close();
});
