import { join } from "node:path";
import { root } from "../root";

type Exclusively = <T>(subject: string, waiting: () => void, work: () => Promise<T>) => Promise<T>;

/**
 * Runs work that must not run twice at once on this machine; a second caller waits until the first ends or dies.
 * Shared with the bootstrap, which runs before anything is compiled and so keeps it as plain JavaScript.
 * @param subject what is locked; the same text is the same lock
 * @param waiting called once when another process holds it
 */
export const exclusively: Exclusively = (subject, waiting, work) => load()(subject, waiting, work);

function load(): Exclusively {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return (require(join(root, "tools", "lock.cjs")) as { exclusively: Exclusively }).exclusively;
}
