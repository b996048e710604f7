import { accessSync, constants, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { backendUrlIn } from "../../stacks/stackFile";
import { readIfThere } from "../../util/files/readIfThere";
import { readdirIfThere } from "../../util/files/readdirIfThere";
import { writeWhole } from "../../util/files/writeWhole";
import { copyFile, removeFile } from "../../util/commands";
import { OperatorError, type Problem } from "../../util/operatorError";
import type { Report } from "../../util/progress/progress";
import { projectName, type Project } from "../project";

/**
 * State that a kill of Pulumi cannot make unreadable. In a folder Pulumi writes each file of its state under another name
 * first, and beside it a file of attributes that it never needs; both are created empty and then written. Killed between
 * the two, Pulumi reads what is empty from then on: attributes before the file they belong to ("EOF"), and as a lock
 * whatever is in the folder of locks ("unexpected end of JSON input"). None is flushed to the disk, so a loss of power may
 * leave any file empty. Source: gocloud.dev/blob/fileblob, `setAttrs`, `createTemp` and `writer.Close`;
 * pulumi/pkg/backend/diy, `checkForLock` and `ensurePulumiMeta`.
 */

/** The project's own folder as the state's. A project made by an earlier version names it without the query. */
const withoutAttributes = "file://.?metadata=skip";

/** Returns a project file whose state in the project's own folder is kept without attributes. Pure. */
export function keptWithoutAttributes(text: string): string {
  return text.replace(/^( +url: *)(["']?)file:\/\/\.\2(?=\s*(#.*)?$)/m, `$1${withoutAttributes}`);
}

/**
 * Returns the folder of a state; undefined where it is in no folder of this machine. Pure.
 * @param url as Pulumi takes it: relative to the project's folder, `~`, and %20 for a space
 */
export function stateFolderOf({ folder, environment }: Project, url: string | undefined): string | undefined {
  const path = /^file:\/\/([^?]*)/.exec(url ?? "")?.[1];
  if (path === undefined) return undefined;
  return join(decoded(resolve(folder, path.replace(/^~(?=\/|$)/, environment.HOME ?? ""))), ".pulumi");
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // Pulumi refuses such an address itself.
    return path;
  }
}

/** Milliseconds after which an empty file is not one that is about to be written. */
const writing = 1_000;

/** Has the project's state kept without attributes, and removes what a killed run has left empty of it. */
export function keepStateReadable(project: Project, report: Report): void {
  const file = join(project.folder, "Pulumi.yaml");
  const text = readIfThere(file) ?? "";
  const kept = keptWithoutAttributes(text);
  // Who may only look at an install may not write its project file; whoever changes it next will.
  if (kept !== text && mayWrite(file) && mayWrite(project.folder)) {
    writeWhole(file, kept);
    report(`${file} names its state as ${withoutAttributes} now: a kill of Pulumi cannot make that unreadable.`);
  }
  const state = stateOf(project);
  for (const path of state === undefined ? [] : unneeded(state)) {
    rmSync(path, { force: true });
    report(`A killed run of Pulumi left ${path} empty, which makes its state unreadable: removed.`);
  }
}

/** Refuses to run Pulumi on a project whose state of a stack is empty. @throws OperatorError that names the file */
export function refuseEmptyState(project: Project): void {
  const state = stateOf(project);
  const stacks = state === undefined ? [] : filesIn(state, join("stacks", projectName));
  const lost = stacks.filter((path) => path.endsWith(".json") && isLeftEmpty(path));
  if (lost.length > 0) throw new OperatorError(lost.map(emptyCheckpoint));
}

function stateOf(project: Project): string | undefined {
  return stateFolderOf(project, project.environment.PULUMI_BACKEND_URL || backendUrlIn(project.folder));
}

/** Explains an empty state of a stack, as a loss of power may leave it. */
function emptyCheckpoint(path: string): Problem {
  const what = `${path}, Pulumi's state of a stack, is empty.`;
  const before = `${path}.bak`;
  return (statSync(before, { throwIfNoEntry: false })?.size ?? 0) > 0
    ? {
        what,
        why: "Pulumi keeps what it was one step earlier; this puts that back, and the next up mends what differs:",
        type: copyFile(before, path),
      }
    : {
        what,
        why: "Nothing of it is left. Without the file, up says how to go on with what runs:",
        type: removeFile(path),
      };
}

/** Lists what is empty of what each Pulumi command reads and need not be there. */
function unneeded(state: string): string[] {
  const attributes = ["", "stacks"].flatMap((part) => filesIn(state, part)).filter((file) => file.endsWith(".attrs"));
  // Without the first, Pulumi writes it anew; whatever is among the locks counts as one.
  const empty = [join(state, "meta.yaml"), ...attributes, ...filesIn(state, "locks")].filter(isLeftEmpty);
  return empty.filter((file) => mayWrite(dirname(file)));
}

function filesIn(state: string, part: string): string[] {
  return readdirIfThere(join(state, part), { recursive: part !== "" }).map((name) => join(state, part, name));
}

function isLeftEmpty(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.isFile() && found.size === 0 && Date.now() - found.mtimeMs > writing;
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
