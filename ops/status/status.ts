import type { Context } from "../context";
import { realpathSync } from "node:fs";
import { presenceFile } from "../../host/lock/presence";
import { installNameOf, installOf, stackNamesOn } from "../project";
import { readStatus } from "./read";
import { showStatus } from "./show";

/** Options of `status`. */
export interface StatusOptions {
  readonly json?: boolean;
  /** The install, where there are several on the engine. */
  readonly name?: string;
}

/** Prints which tier serves and since when, each container, and the last switch. @param base name of the base stack */
export async function status(context: Context, base: string, { json, name }: StatusOptions): Promise<void> {
  const { project, print } = context;
  const install = name ?? installOf(project, base);
  // Of an install that is named, it is not known whether its commands are this project's.
  const file = name === undefined ? presenceFile(realpathSync(project.folder), base) : undefined;
  const own = { name: installNameOf(project, base), stacks: stackNamesOn(project, base), file };
  const now = await readStatus(await context.engine(base), install, own);
  print(json ? JSON.stringify(now) : showStatus(now));
}
