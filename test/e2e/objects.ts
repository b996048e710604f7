import { AwsClient } from "aws4fetch";
import { createHash, randomBytes } from "node:crypto";
import { capture } from "../../host/engine/docker/attached";
import { container, environmentOf, type Seen } from "./host";
import type { Scene } from "./scene";

/** Checksums of objects by name; sha256, hexadecimal. */
export type Sums = Record<string, string>;

/** Fetches what a curl configuration on standard input names, and prints a checksum of each. */
const sumScript = 'cd "$(mktemp -d)" && curl -sS --fail -K - && sha256sum *';

/**
 * The objects a test keeps in an install's own S3 server. The server is reached from containers only, so it is asked
 * from within one; requests are signed here, with the keys the containers have.
 */
export class Objects {
  /** What was acknowledged. */
  readonly kept: Sums = {};

  private constructor(
    private readonly scene: Scene,
    private readonly bucket: string,
    private readonly signer: AwsClient,
    private readonly writer: Seen,
  ) {}

  /** Takes the keys of tier 1's worker; writes from the endpoint's container, which no switch touches. */
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

  /** What somebody else reads of the objects kept so far. */
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
