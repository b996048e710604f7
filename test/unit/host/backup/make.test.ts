import { newestGood } from "../../../../host/backup/restore/restore";
import { Scene } from "./scene";

test("a backup stays although as many as are kept are dated in the future, and is the newest", async () => {
  const scene = new Scene();
  scene.postgres.at = "2999-01-10T12:00:00.000Z";
  for (let made = 0; made < 2; made += 1) await scene.make(undefined, 2);
  scene.postgres.at = "2026-01-10T12:00:00.000Z";
  const first = await scene.make(undefined, 2);
  expect(newestGood(await scene.backups()).file).toBe(first.file);
  expect(await scene.backups()).toHaveLength(2);

  scene.postgres.at = "2026-01-11T12:00:00.000Z";
  const second = await scene.make(undefined, 2);
  expect((await scene.backups()).map(({ file }) => file)).toEqual([second.file, first.file]);
  scene.close();
});
