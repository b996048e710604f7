import { connectDocker } from "../../../host/engine/connect";
import type { ImageSet } from "../../images";
import { play, type Played } from "../parity";

/** A player's task. */
export interface Task {
  readonly images: ImageSet;
  /** PATH of the Pulumi processes. */
  readonly path: string;
}

/** Messages of a player: lines of progress, then the record or an error. */
export type Report = { readonly line: string } | { readonly played: Played } | { readonly error: string };

/** Plays each set of plugins in a separate process, since the environment of Pulumi's program is the process's. */
process.once("message", ({ images, path }: Task) => {
  const post = (report: Report): void => {
    process.send?.(report);
  };
  play(connectDocker(), images, path, (line) => post({ line }))
    .then(
      (played) => post({ played }),
      (error: Error) => post({ error: error.message }),
    )
    .finally(() => process.disconnect());
});
