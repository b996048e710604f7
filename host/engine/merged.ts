import type Docker from "dockerode";
import { PassThrough } from "node:stream";

/** Standard output and error of an attached stream, in the order they came; ends or fails with it. */
export function mergedOutput(container: Docker.Container, stream: NodeJS.ReadableStream): PassThrough {
  const merged = new PassThrough();
  container.modem.demuxStream(stream, merged, merged);
  stream.once("end", () => merged.end());
  stream.once("error", (error) => merged.destroy(error));
  return merged;
}
