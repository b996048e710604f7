import fc from "fast-check";
import { matchesVerifier, verifierOf } from "../../../../../host/guards/data/passwordVerifier";

/** RFC 7677's own example: user `user`, password `pencil`. */
const example =
  "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

test("the RFC's verifier is that of its password and of no other", async () => {
  expect(await matchesVerifier(example, "user", "pencil")).toBe(true);
  expect(await matchesVerifier(example, "user", "pencil2")).toBe(false);
});

test("md5, as older databases keep it, goes by the role as well", async () => {
  const verifier = "md520c46e3762c864548e296b33c3406aa9"; // md5("pencil" + "user")
  expect(await matchesVerifier(verifier, "user", "pencil")).toBe(true);
  expect(await matchesVerifier(verifier, "other", "pencil")).toBe(false);
});

test.each(["", "SCRAM-SHA-512$1:a$b:c", "plain"])(
  "%j is in no form known here, so nothing is said",
  async (verifier) => {
    expect(await matchesVerifier(verifier, "user", "pencil")).toBeUndefined();
  },
);

test("a verifier made here is that of its password alone, and does not hold it", () =>
  fc.assert(
    fc.asyncProperty(fc.string({ minLength: 8 }), fc.string({ minLength: 8 }), async (password, other) => {
      fc.pre(password.normalize("NFKC") !== other.normalize("NFKC"));
      const verifier = await verifierOf(password);
      expect(await matchesVerifier(verifier, "user", password)).toBe(true);
      expect(await matchesVerifier(verifier, "user", other)).toBe(false);
      expect(verifier).not.toContain(password);
    }),
    { numRuns: 50 },
  ));
