#!/usr/bin/env node
import { Command, Option } from "commander";
import { connect } from "../host/engine/connect";
import { runCommand } from "./runCommand";

const program = new Command("scani-tiers")
  .description("Moves a self-hosted Scani between its tiers without losing a request, a job or a row.")
  .showHelpAfterError();

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

program
  .command("up")
  .argument("<stack>", "base, tier1, tier2, or a stack's whole name")
  .description("bring a stack up; for a tier, switch to it")
  .action(async (stack: string) => (await import("./up.js")).up(stack, say));

program
  .command("preview")
  .argument("<stack>", "base, tier1, tier2, or a stack's whole name")
  .description("show what up would do")
  .action(async (stack: string) => (await import("./preview.js")).preview(stack, say));

program
  .command("down")
  .argument("<stack>", "a stack that does not serve")
  .description("remove a settled stack's containers")
  .action(async (stack: string) => (await import("./down.js")).down(stack, say));

program
  .command("status")
  .option("--json", "one JSON object")
  .option("--name <install>", "which install, where there are several")
  .description("which tier serves, since when, each container, the last switch")
  .action(async (options: { json?: boolean; name?: string }) => {
    const [{ readStatus }, { showStatus }] = await Promise.all([
      import("./status/read.js"),
      import("./status/show.js"),
    ]);
    const status = await readStatus(connect(), options.name);
    say(options.json ? JSON.stringify(status) : showStatus(status));
  });

const base = () => new Option("--base <stack>", "the base stack of the install").default("base");

program
  .command("backup")
  .option("--verify", "make none: restore the newest beside the database, compare, and drop it")
  .addOption(base())
  .description("back the database up, while Scani goes on")
  .action(async (options: { verify?: boolean; base: string }) => {
    const { backup, verifyNewest } = await import("./backup/backup.js");
    await (options.verify ? verifyNewest : backup)(options.base, say, undefined, interruption());
  });

program
  .command("backups")
  .option("--json", "one JSON array")
  .addOption(base())
  .description("list the backups, newest first")
  .action(async (options: { json?: boolean; base: string }) =>
    (await import("./backup/list.js")).backups(options.base, options, say),
  );

program
  .command("restore")
  .argument("<file>", "a dump, by its path or its name in the folder of the backups")
  .addOption(base())
  .option("--while-serving", "although a release runs on the database")
  .option("--foreign", "although the backup is from another database cluster")
  .description("put a backup in the place of the database; what was there is kept")
  .action(async (file: string, options: { whileServing?: boolean; foreign?: boolean; base: string }) =>
    (await import("./backup/restore.js")).restore(options.base, file, options, say, undefined, interruption()),
  );

/** Aborted at the first Ctrl-C or SIGTERM; whoever works cleans up and ends. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => controller.abort());
  return controller.signal;
}

runCommand(program);
