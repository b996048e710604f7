import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

/**
 * Forms in which Postgres keeps a role's password: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (RFC
 * 5803, RFC 7677), or `md5` and 32 hex digits. Checked here, so that no password is sent anywhere to be tried.
 */
const scram = /^SCRAM-SHA-256\$(\d+):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)$/;
const md5 = /^md5[0-9a-f]{32}$/;

const iterations = 4096;
const saltBytes = 16;

const stretch = promisify(pbkdf2);

async function storedKeys(password: string, salt: Buffer, rounds: number): Promise<{ stored: Buffer; server: Buffer }> {
  const salted = await stretch(password, salt, rounds, 32, "sha256");
  const mac = (text: string) => createHmac("sha256", salted).update(text).digest();
  return { stored: createHash("sha256").update(mac("Client Key")).digest(), server: mac("Server Key") };
}

/** Makes the verifier of a password, as Postgres itself would keep it. */
export async function verifierOf(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const { stored, server } = await storedKeys(password, salt, iterations);
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${stored.toString("base64")}:${server.toString("base64")}`;
}

/** Returns true if a verifier was made from this password; undefined for an unknown form of verifier. */
export async function matchesVerifier(verifier: string, role: string, password: string): Promise<boolean | undefined> {
  if (md5.test(verifier))
    return (
      verifier ===
      `md5${createHash("md5")
        .update(password + role)
        .digest("hex")}`
    );
  const [, rounds, salt, stored] = scram.exec(verifier) ?? [];
  if (rounds === undefined || salt === undefined || stored === undefined) return undefined;
  const wanted = Buffer.from(stored, "base64");
  // Postgres normalises (SASLprep) a password where it can; most do not change by it, among them all of ASCII.
  for (const form of new Set([password, password.normalize("NFKC")])) {
    const found = (await storedKeys(form, Buffer.from(salt, "base64"), Number(rounds))).stored;
    if (found.length === wanted.length && timingSafeEqual(found, wanted)) return true;
  }
  return false;
}
