import fc from "fast-check";
import { demultiplexed } from "../../../../../host/engine/docker/attached";

interface Frame {
  readonly stream: 1 | 2;
  readonly data: Buffer;
}

function framed({ stream, data }: Frame): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length];
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function collect(source: AsyncIterable<Buffer>): Promise<{ out: Buffer; errors: Buffer }> {
  const [out, errors]: Buffer[][] = [[], []];
  for await (const piece of demultiplexed(source, (chunk) => errors?.push(chunk))) out?.push(piece);
  return { out: Buffer.concat(out), errors: Buffer.concat(errors) };
}

const frames = fc.array(
  fc.record({
    stream: fc.constantFrom<1 | 2>(1, 2),
    data: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  }),
  { maxLength: 12 },
);
const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 });
const of = (all: readonly Frame[], wanted: 1 | 2) =>
  Buffer.concat(all.filter(({ stream }) => stream === wanted).map(({ data }) => data));

test("output and errors are told apart, byte for byte, however the connection cuts them", async () => {
  await fc.assert(
    fc.asyncProperty(frames, sizes, async (all, pieces) => {
      expect(await collect(cut(Buffer.concat(all.map(framed)), pieces))).toEqual({
        out: of(all, 1),
        errors: of(all, 2),
      });
    }),
  );
});

test("a connection that ends inside a frame is an error, not an end", async () => {
  const whole = framed({ stream: 1, data: Buffer.from("a dump") });
  for (let length = 1; length < whole.length; length += 1) {
    await expect(collect(cut(whole.subarray(0, length), [3]))).rejects.toThrow(
      "the connection to the container was cut",
    );
  }
});
