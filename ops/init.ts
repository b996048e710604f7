import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { previewCommand, upCommand } from "../util/commands";
import { readIfThere } from "../util/files/readIfThere";
import { writeWhole } from "../util/files/writeWhole";
import { OperatorError } from "../util/operatorError";
import type { Report } from "../util/progress/progress";
import { isProject } from "./project";
import { root } from "./root";

const file = "Pulumi.yaml";

/**
 * Rewrites a project file so that its program and provider are this module's, wherever the project is. Pure.
 * @param module the module's folder, as seen from the project's or absolute
 */
export function pointedAt(text: string, module: string): string {
  return text
    .replace(/^main: .*/m, `main: ${join(module, "bin", "stacks")}/`)
    .replace(/^( *path:) .*/m, `$1 ${join(module, "provider")}`);
}

/** Writes a folder's Pulumi.yaml. Pulumi keeps the stacks' files next to it. */
export function layOutProject(folder: string, module: string = root): void {
  writeWhole(join(folder, file), pointedAt(readFileSync(join(root, file), "utf8"), module));
}

/**
 * Makes a folder a project of this module, whether the module is installed there or elsewhere.
 * @throws OperatorError when another project's Pulumi.yaml is there
 */
export function init(folder: string, report: Report): void {
  // An empty one is nobody's: a loss of power may leave it.
  if ((readIfThere(join(folder, file)) ?? "").trim() !== "" && !isProject(folder))
    throw new OperatorError({ what: `${join(folder, file)} is another project's.`, why: "Choose an empty folder." });
  if (isProject(folder)) return report(`${join(folder, file)} is there already.`);
  layOutProject(folder, moduleFrom(folder));
  report(`Made ${join(folder, file)}. Settings go into .env beside it, or into Pulumi config. Then:`);
  for (const command of [previewCommand("tier1"), upCommand("tier1")]) report(`  type: ${command}`);
}

/**
 * Points a copied Pulumi.yaml at this module: the module's own names the program and the provider next to itself, and a
 * copy in another folder has neither.
 */
export function mendCopiedProject(folder: string, report: Report): void {
  const path = join(folder, file);
  const text = readFileSync(path, "utf8");
  const main = /^main: (.*)$/m.exec(text)?.[1] ?? "";
  if (existsSync(join(isAbsolute(main) ? "/" : folder, main))) return;
  writeWhole(path, pointedAt(text, moduleFrom(folder)));
  report(`${path} named a program that is not there (${main}); it names this module's now.`);
}

/**
 * Returns the module's folder as a project names it: by a relative path where it is installed below the project's
 * folder, since both may move together.
 */
function moduleFrom(folder: string): string {
  const path = relative(folder, root);
  return path.startsWith("..") || isAbsolute(path) ? root : path;
}
