import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";

/**
 * Format of a credential as Scani stores it: base64 of IV (16) ‖ salt (64) ‖ tag (16) ‖ AES-256-GCM ciphertext.
 * Source: `packages/infra/security/src/encryption.ts` of Scani 0.17.1.
 */
const at = { salt: 16, tag: 80, body: 96 };

/** Scani's salt before it had one per record; it still reads such records. */
const oldSalt = "scani-salt";

const stretch = promisify<string, Buffer | string, number, Buffer>(scrypt);

/** Returns the AES key: 64 hex digits are used as they are; anything else is stretched, which takes about 50 ms. */
async function aesKey(key: string, salt: Buffer | string): Promise<Buffer> {
  return /^[0-9a-f]{64}$/i.test(key) ? Buffer.from(key, "hex") : stretch(key, salt, 32);
}

/** Seals a text as Scani seals a credential. Guessing the key from it is as hard as from a credential. */
export async function seal(text: string, key: string): Promise<string> {
  const [iv, salt] = [randomBytes(16), randomBytes(64)];
  const cipher = createCipheriv("aes-256-gcm", await aesKey(key, salt), iv);
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([iv, salt, cipher.getAuthTag(), body]).toString("base64");
}

/** True when a text was sealed with this key; false for any other text. */
export async function opens(envelope: string, key: string): Promise<boolean> {
  const bytes = Buffer.from(envelope, "base64");
  if (bytes.length <= at.body) return false;
  for (const salt of [bytes.subarray(at.salt, at.tag), oldSalt]) {
    const decipher = createDecipheriv("aes-256-gcm", await aesKey(key, salt), bytes.subarray(0, at.salt)).setAuthTag(
      bytes.subarray(at.tag, at.body),
    );
    try {
      decipher.update(bytes.subarray(at.body));
      decipher.final();
      return true;
    } catch {
      // Another key or another salt.
    }
  }
  return false;
}
