import { listBackups } from "../../host/backup/folder";
import { home, type Place } from "../place";
import { backupJson, backupTable } from "./show";
import { openTarget } from "./target";

/** Lists the backups there are, newest first. */
export async function backups(
  base: string,
  options: { readonly json?: boolean },
  say: (line: string) => void,
  place: Place = home,
): Promise<void> {
  // With --json nothing else may be printed.
  const { install, folder } = await openTarget(base, place, options.json ? () => undefined : say);
  const found = await listBackups(folder, install);
  say(options.json ? JSON.stringify(found.map(backupJson)) : backupTable(found, folder, Date.now()));
}
