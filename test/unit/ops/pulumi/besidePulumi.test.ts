import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "beside-pulumi-"));
const pulumi = join(folder, "pulumi");
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => {
  // The fake takes a moment to roll back, as Pulumi does.
  writeFileSync(
    pulumi,
    `#!${process.execPath}
for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => {
  console.log("hears " + name);
  setTimeout(() => { console.log("taken back"); process.exit(1); }, 300);
});
console.log("pulumi works");
setInterval(() => {}, 1000);
`,
  );
  chmodSync(pulumi, 0o755);
});

/**
 * Starts this module's command in a separate process group, as in a terminal, with Pulumi run by the Automation API.
 */
function command() {
  const output = join(__dirname, "..", "..", "..", "..", "ops", "pulumi", "pulumiOutput.js");
  const script = `const { PulumiCommand } = require("@pulumi/pulumi/automation");
    const pulumi = Object.assign(Object.create(PulumiCommand.prototype), { command: ${JSON.stringify(pulumi)} });
    const { reporting } = require(${JSON.stringify(output)});
    const context = { project: { environment: {} }, report: (line) => console.log(line), signal: new AbortController().signal };
    reporting(context, "base", ({ onOutput, onError, signal }) => pulumi.run(["up"], ".", {}, onOutput, onError, signal))
      .catch(() => console.log("says how it ended"));`;
  return spawn(process.execPath, ["-e", script], {
    cwd: join(__dirname, "..", "..", "..", "..", ".."),
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
}

/** Interrupts the command. @returns its output and how it ended */
async function interrupted(interrupt: (pid: number) => void): Promise<{ lines: string[]; end: unknown }> {
  const child = command();
  let [printed, begun] = ["", false];
  child.stdout.on("data", (piece: Buffer) => {
    printed += piece.toString();
    if (begun || !printed.includes("pulumi works")) return;
    begun = true;
    interrupt(child.pid as number);
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { lines: printed.trimEnd().split("\n"), end: code };
}

const orderly = (signal: string) => ({
  lines: ["pulumi works", `hears ${signal}`, "taken back", "says how it ended"],
  end: 0,
});

test.concurrent("Ctrl-C in the terminal reaches Pulumi once, and what it says to its end is shown", async () => {
  expect(await interrupted((pid) => process.kill(-pid, "SIGINT"))).toEqual(orderly("SIGINT"));
});

test.concurrent("so it does where npm passes it on as well", async () => {
  const both = (pid: number) => {
    process.kill(-pid, "SIGINT");
    process.kill(pid, "SIGINT");
  };
  expect(await interrupted(both)).toEqual(orderly("SIGINT"));
});

test.concurrent("a kill of the command alone is passed on", async () => {
  expect(await interrupted((pid) => process.kill(pid, "SIGTERM"))).toEqual(orderly("SIGINT"));
});

test.concurrent("the end of the terminal ends Pulumi at once, and the command after it", async () => {
  expect(await interrupted((pid) => process.kill(-pid, "SIGHUP"))).toEqual({
    lines: ["pulumi works", "says how it ended"],
    end: 0,
  });
});
