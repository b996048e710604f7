import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalogue, setCommand } from "../../../settings";
import { removeSettingCommand } from "../../../util/commands";

let folder: string;

/** An npm that records its arguments, each ended by a zero byte, and its standard input. */
const fakeNpm = `#!/bin/sh
printf '%s\\0' "$@" > words
/bin/cat > input
`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "scani-typed-"));
  writeFileSync(join(folder, "npm"), fakeNpm);
  chmodSync(join(folder, "npm"), 0o755);
  writeFileSync(join(folder, "ca.pem"), "the certificate\n");
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Types a command as printed, in a shell without an environment. @returns what arrives at npm */
function typed(command: string): { words: string[]; input: string } {
  execFileSync("/bin/sh", ["-c", command], { cwd: folder, env: { PATH: folder }, input: "" });
  const seen = (file: string): string => readFileSync(join(folder, file), "utf8");
  return { words: seen("words").split("\0").slice(0, -1), input: seen("input") };
}

test("the command that sets a setting can be typed as it is printed, for every setting there is", () => {
  for (const { name, secret, file, example } of catalogue) {
    const { words, input } = typed(setCommand(name, "prod-base"));
    const [set, at] = [
      ["run", "pulumi", "--", "config", "set"],
      ["--stack", "prod-base"],
    ];
    if (secret) expect(words).toEqual([...set, "--secret", name, ...at]);
    else if (file !== undefined) expect([words, input]).toEqual([[...set, name, ...at], "the certificate\n"]);
    else expect(words).toEqual([...set, ...at, name, example]);
  }
});

test.each([
  "'self' https://bucket.example.org",
  "a b",
  "$(id) `id` $HOME ${HOME}",
  `it's "quoted"`,
  "back\\slash",
  "*.example.org; rm x & | < > ~ !! #",
  "two\nlines",
])("a value arrives as it is: %j", (value) => {
  expect(typed(setCommand("CSP_CONNECT_SRC", "tier2", value)).words.at(-1)).toBe(value);
});

test("a value that begins with a dash is no option", () => {
  expect(typed(setCommand("SMTP_FROM", "base", "-x")).words.slice(-3)).toEqual(["SMTP_FROM", "--", "-x"]);
});

test("a stack of any name, and a setting that is no setting, arrive as they are", () => {
  expect(typed(removeSettingCommand("keepwarm", "my stack")).words).toEqual([
    ..."run pulumi -- config rm keepwarm --stack".split(" "),
    "my stack",
  ]);
});
