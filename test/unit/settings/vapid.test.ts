import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { vapidPrivateKeyOf, vapidPublicKey } from "../../../settings";
import { isVapidPrivateKey } from "../../../settings/vapid";
import { pushContactOf } from "../../../host/install/services/releaseVariables";

test("a generated key is a key of P-256, the same for the same text, and its public half verifies what it signs", () => {
  const key = vapidPrivateKeyOf("some random text");
  expect(vapidPrivateKeyOf("some random text")).toBe(key);
  expect(vapidPrivateKeyOf("another")).not.toBe(key);
  const shown = Buffer.from(vapidPublicKey(key) ?? "", "base64url");
  expect([shown.length, shown[0]]).toEqual([65, 4]);
  const [x, y] = [shown.subarray(1, 33), shown.subarray(33)].map((part) => part.toString("base64url"));
  const jwk = { kty: "EC", crv: "P-256", x, y };
  const signature = sign("sha256", Buffer.from("text"), createPrivateKey({ key: { ...jwk, d: key }, format: "jwk" }));
  expect(verify("sha256", Buffer.from("text"), createPublicKey({ key: jwk, format: "jwk" }), signature)).toBe(true);
});

test("what is no private key is refused: zero, the curve's order, another length", () => {
  const order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
  for (const wrong of ["", "A".repeat(43), Buffer.from(order, "hex").toString("base64url"), "AQ"])
    expect(isVapidPrivateKey(wrong)).toBe(false);
});

test("push services are given an address they take", () => {
  expect(pushContactOf("https://scani.example.org", "no-reply@scani.local")).toBe("https://scani.example.org");
  expect(pushContactOf("http://localhost:8080", '"Scani" <a@b.org>')).toBe("mailto:a@b.org");
});
