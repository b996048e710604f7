import { opens, seal } from "../../../../host/scani/envelope";

const hexKey = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const passphrase = "a passphrase of more than thirty-two characters";

/** Values sealed by the code of Scani 0.17.1; the third has the salt of its older releases. */
const fromScani: [string, string, string][] = [
  [
    "64 hex digits",
    hexKey,
    "RZDuFso8uLgaYi/BnU6tv1dKDNITrUyEseHMgBG8p3IsJKNIyWcNN05dreiX+/HTM6PBvjrZNebwdvW0kcNb6aAZfZd0Rn3Qx4KMkoINOScOqSMyWxoeZxvL1dR3TV7JPtunjAbE3fqE7o3yl0jigGJpIqE=",
  ],
  [
    "a passphrase",
    passphrase,
    "d12Y9KUU3iDzUqolxQsjzxMY9hAgUEG2D2/vxUCrZm2VfRP4gm+gL2AozqB9H6p4HfN2SyOyAFbIjVzXfdT2JldHffGfduyRhBEyq9l02E/uw+1XTXcCqL/KGIjBw7uIrZuyej1zoSNdXOzoVhf5oCozvac=",
  ],
  [
    "a passphrase and the old salt",
    passphrase,
    "WOQfdW0fQPp9wRrTS0d979QOexawAY8eeCKza8MhmpDEk+L2EBzyFLDNSSGNvktMYLdIGhzRQfg0XxO5dFhAMOidXpeThXaaH3cBVivkO5GDU5q8J6VsJQ/WQEgHADeVHy2G8xfO4Tg9URX5bsfJww==",
  ],
];

test.each(fromScani)(
  "a credential Scani sealed with %s opens with that key and no other",
  async (_name, key, envelope) => {
    expect(await opens(envelope, key)).toBe(true);
    for (const other of ["ff".repeat(32), `${passphrase}!`]) expect(await opens(envelope, other)).toBe(false);
  },
);

test("what is sealed here opens with the same key alone, never looks the same twice, and does not hold the key", async () => {
  for (const key of [hexKey, passphrase]) {
    const [one, two] = [await seal("text", key), await seal("text", key)];
    expect(one).not.toBe(two);
    expect(await opens(one, key)).toBe(true);
    expect(await opens(one, "ff".repeat(32))).toBe(false);
    for (const form of [Buffer.from(key), Buffer.from(hexKey, "hex")])
      expect(Buffer.from(one, "base64").includes(form)).toBe(false);
  }
});

test.each(["", "not base64 at all", "c2hvcnQ="])("%j is no sealed text, and no error", async (envelope) => {
  expect(await opens(envelope, hexKey)).toBe(false);
});
