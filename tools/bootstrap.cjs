#!/usr/bin/env node
/* eslint-disable @typescript-eslint/no-require-imports -- runs before anything is installed or compiled */
"use strict";
const { spawn } = require("node:child_process");
const { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } = require("node:fs");
const { join, relative } = require("node:path");
const { exclusively } = require("./lock.cjs");

/*
 * Makes a clone runnable with nothing but Node: dependencies, then the compiled program, each only where it is needed.
 * With arguments it hands over to the command line: `node tools/bootstrap.cjs rehearse` is `scani-tiers rehearse`.
 */

const root = join(__dirname, "..");
const compilerStamp = join(root, "bin", ".tsbuildinfo");
const commandLine = join(root, "bin", "ops", "cli.js");

/** Commands of the lab, which has a command line of its own. */
const labCommands = ["rehearse", "bench", "test"];

/** Prints progress on standard error, apart from the program's own output, which may be meant for another program. */
const say = (line) => process.stderr.write(`${line}\n`);

async function main() {
  if (!dependenciesInstalled() || !compiled()) {
    await exclusively(
      `bootstrap ${root}`,
      () => say("Another run is setting this folder up: waiting for it."),
      async () => {
        if (!dependenciesInstalled()) await install();
        if (!compiled()) await compile();
      },
    );
  }
  if (process.argv.length > 2) {
    process.argv[1] = labCommands.includes(process.argv[2]) ? join(root, "bin", "lab", "cli.js") : commandLine;
    require(process.argv[1]);
  }
}

/**
 * True when every package of package-lock.json is installed in that version. npm writes the hidden list last of all.
 */
function dependenciesInstalled() {
  const hidden = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const installed = JSON.parse(readFileSync(hidden, "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, entry]) =>
      // The project itself is not listed, nor are packages for another kind of machine.
      path === "" || entry.optional || entry.devOptional || installed[path]?.version === entry.version,
  );
}

async function install() {
  say("Installing the Node dependencies (once): npm ci");
  // No install scripts: newer npm blocks them anyway, and nothing here needs one.
  const options = ["--include=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  if ((await npm(["ci", ...options], "hidden")) && dependenciesInstalled()) return;
  // If a registry lacks optional packages for other kinds of machine, the list has no place for them and `npm ci`
  // refuses it. `npm install` takes it, and what it installed is compared with the list below.
  say("npm ci did not take package-lock.json; trying: npm install --no-save");
  const ended = await npm(["install", "--no-save", ...options], "shown");
  if (!ended || !dependenciesInstalled())
    throw new Error("The Node dependencies could not be installed, see above. It needs npm and an npm registry.");
}

/** Runs the npm that started this, else the one on PATH. */
function npm(args, output) {
  const own = process.env.npm_execpath;
  return own !== undefined && /npm-cli\.[cm]?js$/.test(own)
    ? run(process.execPath, [own, ...args], output)
    : run("npm", args, output);
}

const folders = ["util", "settings", "host", "infra", "provider", "stacks", "ops", "lab", "test"];

/** True when the compiled program is newer than everything it is compiled from, and holds no leftovers. */
function compiled() {
  if (!existsSync(commandLine) || !existsSync(compilerStamp)) return false;
  const since = statSync(compilerStamp).mtimeMs;
  const settings = ["tsconfig.json", "package-lock.json"].map((file) => join(root, file));
  return (
    [...settings, ...folders.flatMap((folder) => filesIn(join(root, folder), ".ts"))].every(
      (file) => statSync(file).mtimeMs <= since,
    ) && leftovers().length === 0
  );
}

/** Lists compiled files whose source is gone: a test that was removed would still run. */
function leftovers() {
  const compiledFiles = folders.flatMap((folder) => filesIn(join(root, "bin", folder), ".js"));
  return compiledFiles.filter(
    (file) => !existsSync(join(root, relative(join(root, "bin"), file)).replace(/\.js$/, ".ts")),
  );
}

function filesIn(folder, ending) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

async function compile() {
  say("Compiling.");
  const began = new Date();
  // The compiler trusts its stamp and does not look at its output.
  if (!existsSync(commandLine)) rmSync(compilerStamp, { force: true });
  for (const file of leftovers()) for (const half of [file, `${file}.map`]) rmSync(half, { force: true });
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  if (!(await run(process.execPath, [compiler, "-p", join(root, "tsconfig.json")], "shown")))
    throw new Error("It does not compile, see above.");
  // The compiler leaves its stamp alone when nothing changed but a date.
  utimesSync(compilerStamp, began, began);
}

/** Runs a program whose output, if it is shown, is progress; resolves with true when it ends with 0. */
function run(command, args, output) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", ...(output === "shown" ? ["pipe", "inherit"] : ["ignore", "ignore"])],
    });
    child.stdout?.pipe(process.stderr, { end: false });
    child.on("error", (error) => reject(new Error(`cannot run ${command}: ${error.message}`)));
    child.on("close", (code) => resolve(code === 0));
  });
}

main().catch((error) => {
  say(error.message);
  process.exitCode = 1;
});
