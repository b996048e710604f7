import type Docker from "dockerode";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { wholeLines } from "../../../util/progress/wholeLines";

/** Result of a command in a container. */
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

/** Merges standard output and error of an attached stream, in the order they came; ends or fails with the stream. */
export function mergedOutput(container: Docker.Container, stream: NodeJS.ReadableStream): PassThrough {
  const merged = new PassThrough();
  container.modem.demuxStream(stream, merged, merged);
  stream.once("end", () => merged.end());
  stream.once("error", (error) => merged.destroy(error));
  return merged;
}
