import type { Engine } from "../engine/engine";
import { failed } from "../engine/ready";
import type { Progress } from "../../util/progress/progress";
import type { ReleaseContainer } from "../install/facts";

/**
 * Brings the schema to what the release needs: runs the migrator and waits for its end. Where the database's own record
 * says that it has everything the image ships, there is nothing to run; where it cannot say, the migrator decides.
 * @param pending what the image ships and the database lacks; undefined where that cannot be known
 * @throws OperatorError with the end of its log when it exits non-zero
 */
export async function migrate(
  engine: Engine,
  pending: readonly string[] | undefined,
  target: ReleaseContainer,
  progress: Progress,
): Promise<void> {
  if (pending?.length === 0) return progress.note("the schema has every migration of this release");
  if (pending !== undefined) progress.note(`pending: ${pending.join(", ")}`);
  await engine.start(target.id);
  const code = await engine.wait(target.id);
  if (code !== 0) throw await failed(engine, target, `exited with code ${code}; the schema is not migrated`);
}
