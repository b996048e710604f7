import fc from "fast-check";
import { derivedAddresses, localAddress } from "../../../../infra/base/platform";
import { settingNamed, type SettingName } from "../../../../settings";

const SMTP_FROM = settingNamed("SMTP_FROM").fallback as string;

test("what is derived passes what its own setting is checked by, whichever port the gateway has", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 65535 }), (FRONTEND_PORT) => {
      const wrong = Object.entries(derivedAddresses({ FRONTEND_PORT, FRONTEND_URL: undefined, SMTP_FROM })).filter(
        ([name, value]) => !settingNamed(name as SettingName).schema.safeParse(value).success,
      );
      expect(wrong).toEqual([]);
    }),
    { examples: [[80], [443], [8080]] },
  );
});

test("port 80 is in no browser's origin", () => {
  expect(localAddress(80)).toBe("http://localhost");
  expect(localAddress(8080)).toBe("http://localhost:8080");
});

test("a given address is the api's and the bucket's too", () => {
  const FRONTEND_URL = "https://scani.example.org";
  expect(derivedAddresses({ FRONTEND_PORT: 80, FRONTEND_URL, SMTP_FROM })).toEqual({
    FRONTEND_URL,
    BACKEND_URL: FRONTEND_URL,
    S3_PUBLIC_ENDPOINT: FRONTEND_URL,
    VAPID_SUBJECT: FRONTEND_URL,
  });
});
