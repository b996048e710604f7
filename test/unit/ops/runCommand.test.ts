import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../../ops/root";
import { folder, type Folder } from "../lab/setup/folder";

let place: Folder;
beforeEach(() => {
  place = folder();
});
afterEach(() => place.remove());

const modules = {
  commander: join(root, "node_modules", "commander"),
  runCommand: join(root, "bin", "ops", "runCommand.js"),
  interruption: join(root, "bin", "util", "process", "interruption.js"),
  besidePulumi: join(root, "bin", "ops", "pulumi", "besidePulumi.js"),
};
const load = Object.entries(modules).map(([name, path]) => `const ${name} = require(${JSON.stringify(path)});`);

/**
 * Runs a command that prints a line every 10 ms while it works.
 * @param action its code; it may call `cleanUp`, which takes longer than the time in which signals count as one
 * @param begun called at its first line
 * @returns its exit code, its standard error, and the lines it has noted
 */
async function run(action: string, begun: (child: ReturnType<typeof spawn>) => void) {
  const script = place.file(
    "command.js",
    `${load.join("\n")}
    const { appendFileSync } = require("node:fs");
    const { once } = require("node:events");
    const { setTimeout: pause } = require("node:timers/promises");
    const note = (line) => appendFileSync(${JSON.stringify(join(place.path, "notes"))}, line + "\\n");
    const cleanUp = async () => { await pause(700); note("cleaned up"); };
    // As the SDK does while a program of its runs.
    process.on("uncaughtException", (error) => note("error of the program: " + error.message));
    const program = new commander.Command();
    program.command("work").action(async () => {
      const printing = setInterval(() => process.stdout.write("works\\n"), 10);
      try { ${action} } finally { clearInterval(printing); }
    });
    runCommand.runCommand(program);`,
  );
  const child = spawn(process.execPath, [script, "work"], { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (piece: Buffer) => {
    errors += piece.toString();
  });
  await once(child.stdout, "data");
  begun(child);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, errors, notes: readFileSync(join(place.path, "notes"), "utf8").trimEnd().split("\n") };
}

/** Action that can be interrupted, as in adopt, backup and restore. */
const interruptible = `
  const signal = interruption.interruption((line) => process.stderr.write(line + "\\n"));
  await once(signal, "abort");
  await cleanUp();
  throw new Error("Interrupted");`;

test("a command whose output nobody reads any more cleans up, prints into nothing and ends", async () => {
  expect(await run(interruptible, ({ stdout }) => stdout?.destroy())).toEqual({
    code: 1,
    errors: "Interrupted\n",
    notes: ["cleaned up"],
  });
});

test("so it does where nobody reads its errors either", async () => {
  const both = ({ stdout, stderr }: ReturnType<typeof spawn>) => [stdout, stderr].forEach((one) => one?.destroy());
  expect(await run(interruptible, both)).toEqual({ code: 1, errors: "", notes: ["cleaned up"] });
});

test("a Ctrl-C that ends the reader as well is one interruption", async () => {
  const interrupted = (child: ReturnType<typeof spawn>) => {
    child.kill("SIGINT");
    // Wait longer than the time in which signals count as one.
    setTimeout(() => child.stdout?.destroy(), 550);
  };
  expect(await run(interruptible, interrupted)).toEqual({ code: 1, errors: "Interrupted\n", notes: ["cleaned up"] });
});

test("Pulumi ends what it has begun, and is not told that its program failed", async () => {
  const beside = `await besidePulumi.besidePulumi(async (interrupt) => {
    await cleanUp();
    note(interrupt.aborted ? "interrupted" : "ended");
  });`;
  expect(await run(beside, ({ stdout }) => stdout?.destroy())).toEqual({
    code: 0,
    errors: "",
    notes: ["cleaned up", "ended"],
  });
});
