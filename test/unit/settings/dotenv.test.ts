import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { operatorSources } from "../../../settings";
import { parseDotenv } from "../../../settings/dotenv";
import { dotenvText } from "../../../settings/documents";
import { root } from "../../../ops/root";
import { convertFile, removeVariableCommand } from "../../../util/commands";
import { OperatorError } from "../../../util/operatorError";

/** Recorded results of docker compose for some files: their variables, or a refusal of the whole file. */
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
      expect(parseDotenv(`A=${dotenvText(value)}\n`, {})).toMatchObject({ values: { A: value }, unset: new Map() });
    }),
    { numRuns: 1000 },
  );
});

test("what is to be typed takes one variable out, however it is written, and leaves the others to theirs", () => {
  const text = [
    "# MULTI=comment",
    "FIRST=1",
    "  INDENTED = spaced",
    "export   EXPORTED=x # why",
    "COLON: v",
    '\texport\tMULTI="one',
    "FIRST=not this",
    'three" # after it',
    "TWICE=1",
    "LAST='a b'",
    "TWICE=2",
    "EMPTY=",
    "end=of it",
  ].join("\r\n");
  const project = join(folder, "it's here");
  mkdirSync(project);
  const file = join(project, ".env");
  const now = (): Readonly<Record<string, string | undefined>> => operatorSources(project, false, {}).dotenv;
  writeFileSync(file, text);
  const all = Object.keys(now());
  expect(all).toEqual(["FIRST", "INDENTED", "EXPORTED", "COLON", "MULTI", "TWICE", "LAST", "EMPTY", "end"]);
  for (const name of all) {
    writeFileSync(file, text);
    const others = Object.fromEntries(Object.entries(now()).filter(([other]) => other !== name));
    execFileSync("sh", ["-c", removeVariableCommand(name)], { cwd: "/" });
    expect([name, now()]).toEqual([name, others]);
    expect(readFileSync(`${file}.bak`, "utf8")).toBe(text);
  }
  // All commands are printed at once, before any is typed.
  writeFileSync(file, text);
  now();
  const commands = all.map(removeVariableCommand);
  execFileSync("sh", ["-c", commands.join("\n")], { cwd: "/" });
  expect(now()).toEqual({});
});

test("a line that holds two variables is left to whoever edits the file", () => {
  read('A="x" B=y\nC=z\n');
  expect(removeVariableCommand("B")).toBe(`"\${EDITOR:-vi}" ${join(folder, ".env")}`);
  expect(removeVariableCommand("C")).toBe(`sed -i.bak '2s/^/#/' ${join(folder, ".env")}`);
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
  expect(() => read(line)).toThrow(/^POSTGRES_PASSWORD in .*\.env refers to \$word, \$more, which is not set/);
  expect(() => read(line)).toThrow(/A dollar sign itself is written \$\$/);
  expect(read(line, { word: "1", more: "2" })).toEqual({ POSTGRES_PASSWORD: "pa1 and 2" });
  expect(read(`S3_REGION=$x\nS3_REGION=a\n`)).toEqual({ S3_REGION: "a" });
  expect(read("OTHER=$word\nSMTP_FROM=${from:-a@example.org}\n")).toEqual({ OTHER: "", SMTP_FROM: "a@example.org" });
});

test("variables may be called like what every object has", () => {
  const text = "__proto__=p\nconstructor=c\ntoString\nA=$__proto__ $constructor ${toString:-none} ${valueOf:-none}\n";
  const { values } = parseDotenv(text, {});
  expect(Object.entries(values)).toEqual([
    ["__proto__", "p"],
    ["constructor", "c"],
    ["A", "p c none none"],
  ]);
  expect([...(parseDotenv("A=$hasOwnProperty\n", process.env).unset.get("A")?.keys() ?? [])]).toEqual([
    "hasOwnProperty",
  ]);
});

test("what is cut out of a value one refers to is cut out of its own", () => {
  const lines = "DB_PASS=pa$word\nLOGIN=u:${DB_PASS}\nDATABASE_URL=postgres://${LOGIN}@db.example.org/scani\n";
  expect(() => read(lines)).toThrow(/^DATABASE_URL in .*\.env refers to \$word \(in DB_PASS\), which is not set/);
  const whole = { DATABASE_URL: "postgres://u:pass1@db.example.org/scani" };
  expect(read(lines, { DB_PASS: "pass1" })).toMatchObject(whole);
  expect(read(lines, { word: "ss1" })).toMatchObject(whole);
});

test.each([
  ["UTF-16, little-endian", Buffer.from("\uFEFFFRONTEND_PORT=8081\n", "utf16le"), "is UTF-16"],
  ["UTF-16, big-endian", Buffer.from("\uFEFFFRONTEND_PORT=8081\n", "utf16le").swap16(), "is UTF-16"],
  ["UTF-16 without a mark", Buffer.from("FRONTEND_PORT=8081\n", "utf16le"), "is UTF-16"],
  ["Windows' own", Buffer.from("FRONTEND_PORT=8081\n# \xe4\n", "latin1"), "is not UTF-8"],
])("%s: refused, and what is to be typed mends it", (_name, bytes, what) => {
  let refused: OperatorError | undefined;
  const file = join(folder, ".env");
  writeFileSync(file, "");
  chmodSync(file, 0o640);
  try {
    read(bytes);
  } catch (error) {
    refused = error as OperatorError;
  }
  expect(refused).toBeInstanceOf(OperatorError);
  expect(refused?.message).toContain(what);
  execFileSync("sh", ["-c", `umask 022; ${String(refused?.problems[0].type)}`]);
  expect(operatorSources(folder, false, {}).dotenv).toEqual({ FRONTEND_PORT: "8081" });
  expect([statSync(file).mode & 0o777, readdirSync(folder)]).toEqual([0o640, [".env"]]);
});

test("a conversion that fails leaves the file as it was, and a copy only its owner reads", () => {
  const file = join(folder, ".env");
  const bytes = Buffer.from([0x41, 0x3d, 0x00, 0xd8, 0x41]);
  writeFileSync(file, bytes);
  expect(() =>
    execFileSync("sh", ["-c", `umask 022; ${convertFile(file, "UTF-16LE")}`], { stdio: "ignore" }),
  ).toThrow();
  expect(readFileSync(file).equals(bytes)).toBe(true);
  expect(statSync(`${file}.utf8`).mode & 0o777).toBe(0o600);
});
