import type Docker from "dockerode";
import { start } from "../engine/lifecycle";
import type { LiveContainer } from "./live";
import { failed } from "../engine/ready";

/**
 * Runs the migrator and waits for its end. Running it again is a no-op, so it is run before every switch.
 * @throws HostFailure with the end of its log when it exits non-zero
 */
export async function migrate(docker: Docker, target: LiveContainer): Promise<void> {
  await start(docker, target.id);
  const { StatusCode: code } = await docker.getContainer(target.id).wait();
  if (code !== 0) throw await failed(docker, target, `exited with code ${code}; the schema is not migrated`);
}
