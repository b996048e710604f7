#!/usr/bin/env node
import { Command } from "commander";
import { resolve } from "node:path";
import { spellBase, spellFor, spellName } from "../util/commands";
import { interruption } from "../util/process/interruption";
import { actOf, type AdoptWords } from "./adopt/act";
import { contextOf, outputFor, type Context } from "./context";
import { reportToStderr, type Report } from "../util/progress/progress";
import { mendCopiedProject } from "./init";
import { putKeptBack } from "./pulumi/keptSettings";
import { keepStateReadable } from "./pulumi/stateFolder";
import {
  baseStackOf,
  environmentOf,
  projectAround,
  projectFolder,
  shellNameOf,
  theBaseOf,
  typedIn,
  usualBaseOf,
} from "./project";
import { runCommand } from "./runCommand";

/** Options of every command. */
interface Everywhere {
  readonly project?: string;
}

const program = new Command("scani-tiers")
  .description("Moves a self-hosted Scani between its tiers without losing a request, a job or a row.")
  .enablePositionalOptions()
  .showHelpAfterError();

const print: Report = (line) => {
  process.stdout.write(`${line}\n`);
};

function command(name: string): Command {
  return program
    .command(name)
    .option(
      "--project <folder>",
      "folder with Pulumi.yaml (default: this folder or one above it, else a checkout's own)",
    );
}

/**
 * Builds the context of a command.
 * @param signal interrupts work that is done without Pulumi, which is interrupted where it runs (`besidePulumi`)
 */
function contextFor(options: Everywhere & { readonly json?: boolean }, signal?: AbortSignal): Context {
  const here = typedIn(process.env, process.cwd());
  const folder = projectFolder(options.project, here);
  spellFor(folder, projectAround(here));
  mendCopiedProject(folder, reportToStderr);
  const project = { folder, environment: environmentOf(folder, process.env) };
  keepStateReadable(project, reportToStderr);
  putKeptBack(folder, reportToStderr);
  return contextOf(project, outputFor(options, print), signal);
}

program
  .command("init")
  .argument("[folder]", "where the project is to be", ".")
  .description("make a folder a project: Pulumi.yaml, for where this module is installed")
  .action(async (folder: string) => {
    const here = resolve(typedIn(process.env, process.cwd()), folder);
    spellFor(here, here);
    (await import("./init.js")).init(here, print);
  });

/** Builds the context of a command on a stack. */
function contextOn(stack: string, options: Everywhere): Context {
  const context = contextFor(options);
  nameBase(context, baseStackOf(context.project, stack));
  return context;
}

/** Makes printed commands name this base, and its install, where they would otherwise mean another one. */
function nameBase({ project }: Context, base: string): void {
  spellBase(base === usualBaseOf(project) ? undefined : base);
  spellName(shellNameOf(project, base));
}

command("up")
  .argument("<stack>", "base, tier1, tier2, or a stack's whole name")
  .description("bring a stack up; for a tier, switch to it")
  .action(async (stack: string, options: Everywhere) => (await import("./up.js")).up(contextOn(stack, options), stack));

command("preview")
  .argument("<stack>", "base, tier1, tier2, or a stack's whole name")
  .description("show what up would do")
  .action(async (stack: string, options: Everywhere) =>
    (await import("./preview.js")).preview(contextOn(stack, options), stack),
  );

command("down")
  .argument("<stack>", "a stack that does not serve")
  .description("remove a settled stack's containers")
  .action(async (stack: string, options: Everywhere) =>
    (await import("./down.js")).down(contextOn(stack, options), stack),
  );

/** Declares a command on one install, named by its base stack. */
function baseCommand(name: string): Command {
  return command(name).option("--base <stack>", "the base stack of the install (default: the one the tiers stand on)");
}

/** Options of every command on one install. */
interface OnInstall extends Everywhere {
  readonly base?: string;
}

function baseFor(context: Context, { base: named }: OnInstall): string {
  const base = named ?? theBaseOf(context.project);
  nameBase(context, base);
  return base;
}

baseCommand("status")
  .option("--json", "one JSON object")
  .option("--name <install>", "which install, where there are several on the engine")
  .description("which tier serves, since when, each container, the last switch")
  .action(async (options: OnInstall & { json?: boolean; name?: string }) => {
    const context = contextFor(options);
    await (await import("./status/status.js")).status(context, baseFor(context, options), options);
  });

baseCommand("adopt")
  .argument("[project]", "a compose project, or the folder of its compose file (default: the only one that runs Scani)")
  .option("--port <number>", "port the gateway listens on beside compose's, which a proxy is then pointed at")
  .option("--take-port", "instead of --port: take the page's own port, with a gap of about a second")
  .option("--yes", "do it, or what --back, --settle or --recover says; without it nothing is touched")
  .option("--plan", "only say what would be done, as without --yes")
  .option("--json", "one JSON object: the plan, or with --status how far it has come")
  .option("--status", "how far it has come")
  .option("--back", "give everything back to compose")
  .option("--settle", "remove compose's containers, when all is well after some days")
  .option("--remove-old-files", "with --settle: also the volume of compose's S3 server, whose files were copied")
  .option("--recover", "make this module's own containers Pulumi's again, where its state is gone")
  .option("--accept-public-key", "although a secret is one that Scani publishes for development")
  .description("make a Scani that runs under docker compose this module's, without losing anything")
  .action(async (project: string | undefined, options: OnInstall & AdoptWords) => {
    const context = contextFor(options, interruption(reportToStderr));
    const base = baseFor(context, options);
    const act = actOf(options, project);
    if (act === "adopt") return (await import("./adopt/adopt.js")).adopt(context, base, project, options);
    if (act === "recover") return (await import("./adopt/recover.js")).recover(context, base, options);
    const { adoptionStatus, back, settle } = await import("./adopt/back.js");
    return { status: adoptionStatus, back, settle }[act](context, base, project, options);
  });

baseCommand("backup")
  .option("--verify", "make none: restore the newest beside the database, compare, and drop it")
  .description("back the database up, while Scani goes on")
  .action(async (options: OnInstall & { verify?: boolean }) => {
    const { backup, verifyNewest } = await import("./backup/backup.js");
    const context = contextFor(options, interruption(reportToStderr));
    await (options.verify ? verifyNewest : backup)(context, baseFor(context, options));
  });

baseCommand("backups")
  .option("--json", "one JSON array")
  .description("list the backups, newest first")
  .action(async (options: OnInstall & { json?: boolean }) => {
    const context = contextFor(options);
    await (await import("./backup/list.js")).backups(context, baseFor(context, options), options);
  });

baseCommand("restore")
  .argument("<file>", "a dump, by its path or its name in the folder of the backups")
  .option("--while-serving", "although a release runs on the database")
  .option("--foreign", "although the backup is from another database")
  .description("put a backup in the place of the database; what was there is kept")
  .action(async (file: string, options: OnInstall & { whileServing?: boolean; foreign?: boolean }) => {
    const context = contextFor(options, interruption(reportToStderr));
    await (await import("./backup/restore.js")).restore(context, baseFor(context, options), file, options);
  });

command("pulumi")
  .argument("[words...]", "what to tell it")
  .passThroughOptions()
  .allowUnknownOption()
  .helpOption(false)
  .description("run Pulumi itself, as this module finds it, on the project's state")
  .action(async (words: string[], options: Everywhere) => {
    process.exitCode = await (await import("./pulumi/run.js")).runPulumi(contextFor(options), words);
  });

runCommand(program);
