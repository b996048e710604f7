import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { operatorSources } from "../../../settings";
import { parseDotenv } from "../../../settings/dotenv";
import { dotenvText } from "../../../settings/documents";
import { root } from "../../../ops/root";
import { OperatorError } from "../../../util/operatorError";

/** What docker compose made of some files: their variables, or a refusal of the whole file. */
const recorded = JSON.parse(readFileSync(join(root, "test", "unit", "settings", "composeDotenv.json"), "utf8")) as {
  environment: Record<string, string>;
  files: { text: string; values?: Record<string, string>; refused?: true }[];
};

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "scani-dotenv-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

const read = (text: string | Buffer, environment: NodeJS.ProcessEnv = {}) => {
  writeFileSync(join(folder, ".env"), text);
  return operatorSources(folder, false, environment).dotenv;
};

test("every recorded file is read as docker compose read it, or refused as compose refused it", () => {
  expect(recorded.files.length).toBeGreaterThan(300);
  for (const { text, values, refused } of recorded.files) {
    const seen = parseDotenv(text, recorded.environment);
    if (refused) expect([text, seen.refused]).toEqual([text, expect.any(String)]);
    else {
      const named = Object.entries(seen.values).filter(([name]) => name !== "");
      expect([text, seen.refused, Object.fromEntries(named)]).toEqual([text, undefined, values]);
    }
  }
});

test("what this module writes into a .env file is read back as it was", () => {
  const anything = fc.string({ unit: fc.constantFrom(...`ab '"\\$\n#{}=:%é§`), maxLength: 30 });
  fc.assert(
    fc.property(anything, (value) => {
      expect(parseDotenv(`A=${dotenvText(value)}\n`, {})).toEqual({ values: { A: value }, unset: new Map() });
    }),
    { numRuns: 1000 },
  );
});

test("a missing file and a folder of that name are an empty file", () => {
  expect(operatorSources(folder, false, {}).dotenv).toEqual({});
  mkdirSync(join(folder, ".env"));
  expect(operatorSources(folder, false, {}).dotenv).toEqual({});
});

test("a file that compose would refuse is refused with the line", () => {
  expect(() => read("FRONTEND_PORT=8080\nSMTP_FROM='a@example.org\n")).toThrow(
    /\.env cannot be read, line 2: a value's opening quote has no closing one/,
  );
});

test("a setting that refers to what nobody sets is refused by name; a default, the shell and other programs' are not", () => {
  const line = 'POSTGRES_PASSWORD="pa$word and $more"\n';
  expect(() => read(line)).toThrow(/^POSTGRES_PASSWORD in .*\.env refers to \$word, \$more, which nobody sets/);
  expect(() => read(line)).toThrow(/A dollar sign itself is written \$\$/);
  expect(read(line, { word: "1", more: "2" })).toEqual({ POSTGRES_PASSWORD: "pa1 and 2" });
  expect(read("OTHER=$word\nSMTP_FROM=${from:-a@example.org}\n")).toEqual({ OTHER: "", SMTP_FROM: "a@example.org" });
});

test.each([
  ["UTF-16, little-endian", Buffer.from("\uFEFFFRONTEND_PORT=8081\n", "utf16le"), "is UTF-16"],
  ["UTF-16, big-endian", Buffer.from("\uFEFFFRONTEND_PORT=8081\n", "utf16le").swap16(), "is UTF-16"],
  ["UTF-16 without a mark", Buffer.from("FRONTEND_PORT=8081\n", "utf16le"), "is UTF-16"],
  ["Windows' own", Buffer.from("FRONTEND_PORT=8081\n# \xe4\n", "latin1"), "is not UTF-8"],
])("%s: refused, and what is to be typed mends it", (_name, bytes, what) => {
  let refused: OperatorError | undefined;
  try {
    read(bytes);
  } catch (error) {
    refused = error as OperatorError;
  }
  expect(refused).toBeInstanceOf(OperatorError);
  expect(refused?.message).toContain(what);
  execFileSync("sh", ["-c", String(refused?.problems[0].type)]);
  expect(operatorSources(folder, false, {}).dotenv).toEqual({ FRONTEND_PORT: "8081" });
});
