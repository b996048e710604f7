import { AwsClient } from "aws4fetch";
import { createHash, randomBytes } from "node:crypto";
import { capture } from "../../host/engine/docker/attached";
import { container, environmentOf, type Seen } from "./host";
import type { Scene } from "./scene";

/** Checksums of objects by name; sha256, hexadecimal. */
export type Sums = Record<string, string>;

/** Script that fetches the URLs of a curl configuration on standard input, and prints a checksum of each file. */
const sumScript = 'cd "$(mktemp -d)" && curl -sS --fail -K - && sha256sum *';

/**
 * Objects of a test in an install's own S3 server. Only containers reach the server, so requests are sent from within
 * one; they are signed here, with the containers' keys.
 */
export class Objects {
  /** Objects whose storage was acknowledged. */
  readonly kept: Sums = {};

  private constructor(
    private readonly scene: Scene,
    private readonly bucket: string,
    private readonly signer: AwsClient,
    private readonly writer: Seen,
  ) {}

  /**
   * Creates a client with the keys of tier 1's worker that writes from the endpoint's container, which no switch
   * touches.
   */
  static async of(scene: Scene, endpoint: Seen): Promise<Objects> {
    const { S3_ENDPOINT, S3_BUCKET, S3_REGION, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = environmentOf(
      await container(scene, "tier1", "worker"),
    );
    const signer = new AwsClient({
      accessKeyId: S3_ACCESS_KEY_ID,
      secretAccessKey: S3_SECRET_ACCESS_KEY,
      service: "s3",
      region: S3_REGION,
    });
    return new Objects(scene, `${S3_ENDPOINT}/${S3_BUCKET}`, signer, endpoint);
  }

  /** Stores an object nobody has stored before. */
  async add(name: string): Promise<void> {
    const content = randomBytes(16 * 1024).toString("base64");
    const url = await this.signed(name, "PUT");
    const command = ["curl", "-sS", "--fail-with-body", "-X", "PUT", "--data-binary", "@-", url];
    const { exitCode, output, errors } = await capture(
      this.scene.docker.getContainer(this.writer.id),
      command,
      [],
      content,
    );
    if (exitCode !== 0) throw new Error(`object ${name} was not taken: ${errors} ${output}`);
    this.kept[name] = createHash("sha256").update(content).digest("hex");
  }

  /** Reads the objects stored so far from another container. @returns their checksums */
  async readBy(reader: Seen): Promise<Sums> {
    const asked = await Promise.all(
      Object.keys(this.kept).map(async (name) => `url = "${await this.signed(name, "GET")}"\noutput = "${name}"`),
    );
    const { exitCode, output, errors } = await capture(
      this.scene.docker.getContainer(reader.id),
      ["sh", "-c", sumScript],
      [],
      asked.join("\n"),
    );
    if (exitCode !== 0) throw new Error(`${reader.name} could not read the objects: ${errors}`);
    return Object.fromEntries(
      output
        .trim()
        .split("\n")
        .map((line) => line.split(/\s+/).reverse() as [string, string]),
    );
  }

  private async signed(name: string, method: string): Promise<string> {
    return (await this.signer.sign(`${this.bucket}/${name}`, { method, aws: { signQuery: true } })).url;
  }
}
