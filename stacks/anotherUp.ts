import { rmSync, writeFileSync } from "node:fs";
import { thisProcess, type Owner } from "../infra/lock/owner";
import { wordFile, wordIn } from "../infra/lock/word";
import { updateAmong, type CommandLine } from "./commandLine";
import { baseOf } from "./stackNames";

/** What a program is told of its run when it is started. Source: pulumi-language-nodejs, `constructArguments`. */
export interface Run {
  readonly folder: string;
  readonly stack: string;
  /** It is a preview, or the preview an update begins with. */
  readonly dry: boolean;
}

/** Reads the words a program is started with; undefined for any other process's. Pure. */
export function runOf(words: readonly string[]): Run | undefined {
  const after = (name: string) => { const at = words.indexOf(name); return at < 0 ? undefined : words[at + 1]; };
  const [folder, stack] = [after("--root-directory"), after("--stack")];
  return folder === undefined || stack === undefined ? undefined : { folder, stack, dry: words.includes("--dry-run") };
}

/**
 * Who works on this install from this machine already, as far as files say. Otherwise leaves word of this `pulumi up`, until
 * this process ends. Two may miss each other where a killed run left its word: the gateway's lock, asked later, decides.
 * Only the phase an update begins with asks; the next has that lock to lose.
 * @param words this process was started with
 * @param lineage its ancestors, nearest first
 */
export function anotherUp(words: readonly string[], lineage: readonly CommandLine[]): Owner | undefined {
  const run = runOf(words);
  const update = updateAmong(lineage);
  if (run === undefined || update === undefined) return undefined;
  const base = baseOf(run.stack);
  const file = wordFile(run.folder, "entering", base);
  const entering = wordIn(file);
  const other = run.dry ? wordIn(wordFile(run.folder, "working", base)) ?? entering : undefined;
  if (other !== undefined) return other;

  if (entering === undefined) rmSync(file, { force: true });
  // The one to end is Pulumi: each of its phases runs the program in another process.
  if (leave(file, JSON.stringify({ ...thisProcess(`up of ${run.stack}`), pid: update.pid }))) {
    process.once("exit", () => rmSync(file, { force: true }));
    return undefined;
  }
  return run.dry ? wordIn(file) : undefined;
}

/** Leaves a word where there is none. False where there is one by now, or nobody may write. */
function leave(file: string, word: string): boolean {
  try {
    writeFileSync(file, word, { flag: "wx" });
    return true;
  } catch {
    return false;
  }
}
