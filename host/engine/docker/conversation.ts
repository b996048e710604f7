import type Docker from "dockerode";
import { PassThrough, type Duplex } from "node:stream";
import { isConflict, isNotFound, type Conversation } from "../engine";

/** A connection that can be told not to keep the process alive. */
type Hijacked = Duplex & { ref(): void; unref(): void };

/**
 * Starts a command and waits for its first line. The conversation does not keep this process alive.
 * @returns undefined when the container does not exist or does not run
 */
export async function converse(
  container: Docker.Container,
  command: readonly string[],
): Promise<Conversation | undefined> {
  const stream = await attach(container, command);
  if (stream === undefined) return undefined;
  const ended = new Promise<void>((resolve) => {
    // An error is always followed by a close.
    stream.on("error", () => undefined).once("close", resolve);
  });
  const line = await firstLine(container, stream);
  stream.unref();
  return {
    line,
    ended,
    write(text) {
      if (stream.writable) stream.write(text);
    },
    end() {
      // While somebody waits for the end, the process must stay alive.
      stream.ref();
      stream.end();
      return ended;
    },
  };
}

async function attach(container: Docker.Container, command: readonly string[]): Promise<Hijacked | undefined> {
  try {
    const running = await container.exec({
      Cmd: [...command],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    return (await running.start({ hijack: true, stdin: true })) as Hijacked;
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return undefined;
    throw error;
  }
}

function firstLine(container: Docker.Container, stream: Duplex): Promise<string> {
  const output = new PassThrough();
  container.modem.demuxStream(stream, output, output);
  return new Promise((resolve) => {
    let text = "";
    output.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    output.once("end", () => resolve(text.trim()));
    stream.once("close", () => output.end());
  });
}
