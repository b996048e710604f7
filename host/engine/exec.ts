import type Docker from "dockerode";
import { once } from "node:events";
import { wholeLines } from "../../util/progress/wholeLines";
import { mergedOutput } from "./merged";

/** What a command in a container came to. */
export interface ExecResult {
  readonly exitCode: number;
  /** Standard output and error, in the order they came, trimmed. */
  readonly output: string;
}

/**
 * Runs a command in a running container and waits for its end.
 * @param onLine called with each line as it comes
 * @throws when the engine refuses (no such container, not running); never for the command's own exit code
 */
export async function exec(
  container: Docker.Container,
  command: readonly string[],
  onLine?: (line: string) => void,
): Promise<ExecResult> {
  const running = await container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
  const stream = await running.start({ hijack: true, stdin: false });
  const merged = mergedOutput(container, stream);

  let output = "";
  const lines = onLine && wholeLines(onLine);
  merged.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
    lines?.take(chunk);
  });
  await once(merged, "end");
  lines?.end();
  const { ExitCode } = await running.inspect();
  return { exitCode: ExitCode ?? -1, output: output.trim() };
}
