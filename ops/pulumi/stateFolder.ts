import { accessSync, constants, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readdirIfThere } from "../../util/files/readdirIfThere";
import { readIfThere } from "../../util/files/readIfThere";
import type { Report } from "../../util/progress/progress";
import type { Project } from "../project";

/**
 * State that a kill of Pulumi cannot make unreadable. In a folder Pulumi writes each file of its state under another name
 * first, and beside it a file of attributes that it never needs; both are created empty and then written. Killed between
 * the two, Pulumi reads what is empty from then on: attributes before the file they belong to ("EOF"), and as a lock
 * whatever is in the folder of locks ("unexpected end of JSON input"). Source: gocloud.dev/blob/fileblob, `setAttrs` and
 * `createTemp`; pulumi/pkg/backend/diy/lock.go, `checkForLock`.
 */

/** The project's own folder as the state's, as a project made by an earlier version names it, and as ours does. */
const [withAttributes, withoutAttributes] = ["file://.", "file://.?metadata=skip"] as const;

const urlLine = /^( +url:) *(\S+) *$/m;

/** Returns a project file whose state in the project's own folder is kept without attributes. Pure. */
export function keptWithoutAttributes(text: string): string {
  return text.replace(urlLine, (line, key: string, url: string) =>
    url === withAttributes ? `${key} ${withoutAttributes}` : line,
  );
}

/**
 * Returns the folder of a project's state; undefined where it is in no folder of this machine. Pure.
 * @param text Pulumi.yaml
 */
export function stateFolderOf({ folder, environment }: Project, text: string): string | undefined {
  const url = environment.PULUMI_BACKEND_URL || urlLine.exec(text)?.[2];
  const path = /^file:\/\/([^?]*)/.exec(url ?? "")?.[1];
  if (path === undefined) return undefined;
  const home = environment.HOME ?? "";
  return join(resolve(folder, path.replace(/^~(?=\/|$)/, home)), ".pulumi");
}

/** Milliseconds after which an empty file is not one that is about to be written. */
const writing = 1_000;

/** Has the project's state kept without attributes, and removes what a killed run has left empty of it. */
export function keepStateReadable(project: Project, report: Report): void {
  const file = join(project.folder, "Pulumi.yaml");
  const text = readIfThere(file) ?? "";
  const kept = keptWithoutAttributes(text);
  // Who may only look at an install may not write its project file; whoever changes it next will.
  if (kept !== text && mayWrite(file)) {
    writeFileSync(file, kept);
    report(`${file} names its state as ${withoutAttributes} now: a kill of Pulumi cannot make that unreadable.`);
  }
  const state = stateFolderOf(project, text);
  for (const path of state === undefined ? [] : leftEmpty(state)) {
    rmSync(path, { force: true });
    report(`A killed run of Pulumi left ${path} empty, which makes its state unreadable: removed.`);
  }
}

/** Lists what is empty of what each Pulumi command reads: attributes of the state and its stacks, and locks. */
function leftEmpty(state: string): string[] {
  const inFolder = (part: string) =>
    readdirIfThere(join(state, part), { recursive: part !== "" }).map((name) => join(state, part, name));
  const attributes = ["", "stacks"].flatMap(inFolder).filter((file) => file.endsWith(".attrs"));
  return [...attributes, ...inFolder("locks")].filter(isLeftEmpty);
}

function isLeftEmpty(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.isFile() && found.size === 0 && Date.now() - found.mtimeMs > writing;
}

function mayWrite(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
