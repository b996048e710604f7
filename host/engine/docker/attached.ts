import type Docker from "dockerode";
import { Readable, type Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";

/** A command that runs in a container, with its three streams separate. */
export interface Attached {
  /** Not read ahead: a slow reader slows the command down. */
  readonly stdout: Readable;
  /** The command's standard input. */
  readonly stdin: Duplex;
  /** Settles once `stdout` has been read to its end. */
  readonly ended: Promise<Ended>;
  /** Cuts the connection; the engine then closes the command's pipes, which ends it. */
  cut(): void;
}

/** Result of a command that has ended. */
export interface Ended {
  readonly exitCode: number;
  /** The end of its standard error, trimmed. */
  readonly errors: string;
}

/** Bytes of standard error that are kept. */
const errorBytes = 8192;

/** Milliseconds between two checks of a command that has closed its streams and not exited yet. */
const pollInterval = 20;

/**
 * Runs a command in a running container. Data may be of any size and is binary.
 * @param environment `NAME=value`; not part of the command, because commands show in process lists
 * @throws when the engine refuses (no such container, not running); never for the command's own exit code
 */
export async function attach(
  container: Docker.Container,
  command: readonly string[],
  environment: readonly string[] = [],
): Promise<Attached> {
  const running = await container.exec({
    Cmd: [...command],
    Env: [...environment],
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await running.start({ hijack: true, stdin: true });
  // A command may exit without reading all of its input, which breaks the pipe; its exit code tells whether it failed.
  stream.on("error", () => undefined);
  let errors: Buffer = Buffer.alloc(0);
  const stdout = Readable.from(
    demultiplexed(stream, (chunk) => {
      errors = Buffer.concat([errors, chunk]).subarray(-errorBytes);
    }),
    { objectMode: false },
  );
  const ended = new Promise<void>((resolve, reject) => {
    stdout
      .once("end", resolve)
      .once("error", reject)
      .once("close", () => reject(new Error("the connection to the container was cut")));
  }).then(async () => ({ exitCode: await exitCode(running), errors: errors.toString("utf8").trim() }));
  ended.catch(() => undefined);
  return {
    stdout,
    stdin: stream,
    ended,
    cut: () => {
      stream.destroy();
    },
  };
}

/** Runs a command to its end and returns its output, which is kept in memory. */
export async function capture(
  container: Docker.Container,
  command: readonly string[],
  environment: readonly string[] = [],
  input?: string,
): Promise<Ended & { output: string }> {
  const attached = await attach(container, command, environment);
  attached.stdin.end(input);
  const output = await text(attached.stdout);
  return { ...(await attached.ended), output };
}

async function exitCode(running: Docker.Exec): Promise<number> {
  for (;;) {
    const { Running: stillRunning, ExitCode: code } = await running.inspect();
    if (!stillRunning) return code ?? -1;
    await pause(pollInterval);
  }
}

/**
 * Yields the standard output of an attached stream; standard error goes to `onError`. A frame's header: 1 byte for the
 * stream, 3 unused, 4 for the length of its payload.
 * @throws Error when the stream ends inside a frame
 */
export async function* demultiplexed(
  stream: AsyncIterable<Buffer>,
  onError: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  let header: Buffer = Buffer.alloc(0);
  let left = 0;
  let isError = false;
  for await (const chunk of stream) {
    let at = 0;
    while (at < chunk.length) {
      if (left === 0) {
        const piece = chunk.subarray(at, at + 8 - header.length);
        header = Buffer.concat([header, piece]);
        at += piece.length;
        if (header.length < 8) break;
        isError = header[0] === 2;
        left = header.readUInt32BE(4);
        header = Buffer.alloc(0);
        continue;
      }
      const piece = chunk.subarray(at, at + left);
      at += piece.length;
      left -= piece.length;
      if (isError) onError(piece);
      else yield piece;
    }
  }
  if (left > 0 || header.length > 0) throw new Error("the connection to the container was cut");
}
