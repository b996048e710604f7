import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";

/** Returns the key: 64 hex digits are the key itself, anything else is stretched into one. */
export const sealingKey = (encryptionKey: string): Buffer =>
  /^[0-9a-f]{64}$/i.test(encryptionKey)
    ? Buffer.from(encryptionKey, "hex")
    : scryptSync(encryptionKey, "scani-standin", 32);

/** Encrypts a secret with AES-256-GCM, as iv, tag, ciphertext. */
export function seal(key: Buffer, secret: string): Buffer {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  const body = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
}

/** Decrypts a secret. @throws Error when the key is not the one it was sealed with */
export function unseal(key: Buffer, sealed: Buffer): string {
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12));
  decipher.setAuthTag(sealed.subarray(12, 28));
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString("utf8");
}
