import { createECDH, createHash } from "node:crypto";

/** Curve of Web Push's application server keys. Source: RFC 8292, section 2. */
const curve = "prime256v1";

/** True for a private key as Web Push libraries write it: 32 bytes, base64url, in the range of the curve. Pure. */
export function isVapidPrivateKey(text: string): boolean {
  return /^[\w-]{43}$/.test(text) && vapidPublicKey(text) !== undefined;
}

/** Derives the public key of a private one, base64url; undefined for text that is no private key. Pure. */
export function vapidPublicKey(privateKey: string): string | undefined {
  const pair = createECDH(curve);
  try {
    pair.setPrivateKey(Buffer.from(privateKey, "base64url"));
  } catch {
    return undefined;
  }
  return pair.getPublicKey("base64url", "uncompressed");
}

/** Makes a private key of random text: equal texts give equal keys. Pure. */
export function vapidPrivateKeyOf(random: string): string {
  const key = createHash("sha256").update(random).digest("base64url");
  // One digest in four thousand million is beyond the curve's order.
  return isVapidPrivateKey(key) ? key : vapidPrivateKeyOf(key);
}
