import { formerIn, replacedBy } from "../../../../ops/pulumi/former";

const now: Record<string, string | undefined> = { LOG_LEVEL: "debug", FRONTEND_PORT: "8090", SMTP_FROM: "a@b" };
const valueOf = (name: string) => now[name];

test("what is replaced, and what was not there, is kept; what is so already stays the operator's", () => {
  const values = {
    LOG_LEVEL: "info",
    FRONTEND_PORT: "8090",
    POSTGRES_PASSWORD: "p",
    SMTP_FROM: undefined,
    REDIS_URL: undefined,
  };
  expect(replacedBy(values, valueOf, {})).toEqual({ LOG_LEVEL: "debug", POSTGRES_PASSWORD: null, SMTP_FROM: "a@b" });
});

test("of a setting that is replaced again, the first value is kept", () => {
  expect(replacedBy({ LOG_LEVEL: "warn", FRONTEND_PORT: "1" }, valueOf, { LOG_LEVEL: null })).toEqual({
    LOG_LEVEL: null,
    FRONTEND_PORT: "8090",
  });
});

test("what was kept is read again", () => {
  expect(formerIn(undefined)).toEqual({});
  expect(formerIn(JSON.stringify({ LOG_LEVEL: "debug", REDIS_URL: null }))).toEqual({
    LOG_LEVEL: "debug",
    REDIS_URL: null,
  });
});
