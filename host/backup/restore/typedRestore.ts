import { restoreCommand } from "../../../util/commands";

/** Options an operator may give a restore. */
export type RestoreOption = "--foreign" | "--while-serving";

/** A restore as it was typed, for the commands in messages. */
export interface TypedRestore {
  /** Path of a dump, or its name in the folder of backups. */
  readonly file: string;
  readonly options: readonly RestoreOption[];
}

/** Returns the command as it was typed, with a further option. Pure. */
export function typedWith({ file, options }: TypedRestore, further?: RestoreOption): string {
  return restoreCommand(file, ...new Set([...options, ...(further === undefined ? [] : [further])]));
}
