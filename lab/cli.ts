#!/usr/bin/env node
import { Command, Option } from "commander";
import type { Report } from "../util/progress/progress";
import { outputFor } from "../ops/context";
import { runCommand } from "../ops/runCommand";

/** Commands of the lab. They need what is only in a checkout: test images, test plugins, instruments. */
const program = new Command("scani-tiers")
  .description("Rehearses, measures and tests scani-tiers on throwaway installs.")
  .showHelpAfterError();

const print: Report = (line) => {
  process.stdout.write(`${line}\n`);
};

program
  .command("rehearse")
  .option("--keep", "leave it up, and print how to play with it")
  .option("--json", "one JSON object at the end")
  .addOption(new Option("--images <kind>", "which Scani images").choices(["real", "stand-in"]).default("stand-in"))
  .description("rehearse the migration and the way back on a throwaway install, with load running")
  .action(async (options: { keep?: boolean; json?: boolean; images: "real" | "stand-in" }) => {
    const { rehearse } = await import("./rehearse/index.js");
    const { report } = outputFor(options, print);
    const result = await rehearse({ keep: options.keep ?? false, images: options.images }, report);
    if (options.json) print(JSON.stringify(result));
    if (!result.ok) process.exitCode = 1;
  });

program
  .command("bench")
  .option("--json", "one JSON line at the end")
  .addOption(new Option("--images <kind>", "which Scani images").choices(["real", "stand-in"]))
  .description("measure switches against the guide's own procedure with docker compose")
  .action(async (options: { json?: boolean; images?: "real" | "stand-in" }) => {
    const { bench } = await import("./bench/index.js");
    if (!(await bench(options, print))) process.exitCode = 1;
  });

program
  .command("test")
  .argument("[jest...]", "further words for jest")
  .allowUnknownOption()
  .description("set this machine up and run every test")
  .action(async (args: string[]) => {
    const { test } = await import("./test.js");
    if (!(await test(args, print))) process.exitCode = 1;
  });

runCommand(program);
