import { z } from "zod";
import { opens, seal } from "../../scani/envelope";
import { matchesVerifier, verifierOf } from "./passwordVerifier";

/**
 * Fingerprints of the secrets the data was made with: enough to recognise them, nothing to recover them from. They are
 * in the volume, so they go where the data goes, and can be read when Postgres does not run.
 */
export interface SecretFingerprints {
  /** A text sealed with ENCRYPTION_KEY. */
  readonly encryptionKey: string;
  /** A verifier of the database role's password. */
  readonly databasePassword: string;
}

/** Secrets the fingerprints are made from. */
export interface DataSecrets {
  readonly encryptionKey: string;
  readonly databasePassword: string;
}

/** File in Postgres' data directory. Postgres leaves files it does not know alone. */
export const fingerprintsFile = "scani-made-with.json";

const shape = z.object({ encryptionKey: z.string(), databasePassword: z.string() });

/** Parses the file's text; undefined where it is missing or unreadable. Pure. */
export function parseFingerprints(text: string | undefined): SecretFingerprints | undefined {
  try {
    return shape.parse(JSON.parse(text ?? ""));
  } catch {
    return undefined;
  }
}

/**
 * Returns the text of the file for these secrets. Fingerprints that fit stay as they are, so that no run differs from
 * the last.
 */
export async function fingerprintsOf(
  before: SecretFingerprints | undefined,
  role: string,
  secrets: DataSecrets,
): Promise<string> {
  const [sameKey, samePassword] = await Promise.all([
    before !== undefined && opens(before.encryptionKey, secrets.encryptionKey),
    before !== undefined && matchesVerifier(before.databasePassword, role, secrets.databasePassword),
  ]);
  const fingerprints: SecretFingerprints = {
    encryptionKey: sameKey && before ? before.encryptionKey : await seal("made with this key", secrets.encryptionKey),
    databasePassword: samePassword && before ? before.databasePassword : await verifierOf(secrets.databasePassword),
  };
  return `${JSON.stringify(fingerprints)}\n`;
}
