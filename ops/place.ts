import { root } from "./root";

/** Where a command's stacks are. */
export interface Place {
  /** Folder with Pulumi.yaml and the stacks' settings. */
  readonly workDir: string;
  /** Environment beside this process's own. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The operator's own project. */
export const home: Place = { workDir: root, environment: {} };
