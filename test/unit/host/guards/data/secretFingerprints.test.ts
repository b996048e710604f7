import { fingerprintsOf, parseFingerprints } from "../../../../../host/guards/data/secretFingerprints";

const secrets = { encryptionKey: "11".repeat(32), databasePassword: "a password of the database" };

test("what fits stays as it is, to the letter; what does not is made anew, alone", async () => {
  const text = await fingerprintsOf(undefined, "scani", secrets);
  const before = parseFingerprints(text);
  expect(await fingerprintsOf(before, "scani", secrets)).toBe(text);
  const after = parseFingerprints(
    await fingerprintsOf(before, "scani", { ...secrets, databasePassword: "another password" }),
  );
  expect(after?.encryptionKey).toBe(before?.encryptionKey);
  expect(after?.databasePassword).not.toBe(before?.databasePassword);
});

test("no secret is in it", async () => {
  const text = await fingerprintsOf(undefined, "scani", secrets);
  for (const secret of Object.values(secrets)) expect(text).not.toContain(secret);
});

test.each([undefined, "", "{}", "[", '{"encryptionKey":1}'])("%j is none", (text) => {
  expect(parseFingerprints(text)).toBeUndefined();
});
