import type Docker from "dockerode";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { engineOver } from "../../host/engine/docker/dockerEngine";
import { readJournal } from "../../host/install/journal";
import { startLoad } from "../load";
import { Interrupt } from "../interrupt";
import { prepare, type Prepared } from "../setup";
import type { ImageKind } from "../setup/realImages";
import {
  chooseBucket,
  cleanUp,
  contextOn,
  layOut,
  policyFor,
  sweep,
  type Throwaway,
  type ThrowawayImages,
} from "../throwaway";
import { up } from "../../ops/up";
import type { Report } from "../../util/progress/progress";
import { spellFor } from "../../util/commands";
import { makeAuthority } from "./authority";
import { hosted, startEndpoint } from "./endpoint";
import { keptLines } from "./kept";
import type { FilesSeen } from "./papers";
import { progressOf } from "./progress";
import { RealScani } from "./real";
import { resultOf, tell, type RehearsedSwitch, type Result, type Seen } from "./report";
import type { RehearsedScani } from "./scani";
import type { Jobs, Session } from "./session";
import { StandInScani } from "./standIn";

/** Options of a rehearsal. */
export interface RehearseOptions {
  /** Leave the install up, and print how to use it. */
  readonly keep: boolean;
  /** Images of Scani that are switched. */
  readonly images: ImageKind;
}

const seeded = { users: 5, rows: 100, files: 20 };

/** Number of files users upload before each switch, whose jobs wait behind the others, and in the middle of it. */
const uploads = { before: 10, within: 10 };

/** Seconds after which a load ends by itself, whatever happens to the rehearsal. */
const longestSwitch = 300;

/**
 * Rehearses the migration and the way back on a throwaway install, with load running. It cannot touch any other
 * install, since it has its own names, ports, networks, volumes and state.
 * @throws Error when something could not be set up, or the operator interrupts; the install is removed by then
 */
export async function rehearse(options: RehearseOptions, report: Report): Promise<Result> {
  const interrupt = new Interrupt();
  try {
    // Only a kept install may later be used with raw Pulumi, which needs a language host.
    const prepared = await interrupt.guard(prepare(report, { images: options.images, languageHost: options.keep }));
    if (prepared.images === undefined) throw new Error("the images of the rehearsal were not made");
    await interrupt.guard(sweep(prepared.docker, "rehearse", report));
    return await onThrowaway(prepared, prepared.images, options, interrupt, report);
  } finally {
    interrupt.release();
  }
}

async function onThrowaway(
  { docker, pulumi, environment, testPlugins }: Prepared,
  images: ThrowawayImages,
  options: RehearseOptions,
  interrupt: Interrupt,
  report: Report,
): Promise<Result> {
  const authority = await makeAuthority(hosted.alias);
  const bucket = await chooseBucket(docker);
  const laidOut = await layOut(
    "rehearse",
    images,
    {
      tier2: {
        SCANI_CLOUD_URL: hosted.url,
        SCANI_CLOUD_API_KEY: hosted.key,
        caCertificate: authority.ca,
        CSP_CONNECT_SRC: policyFor(bucket),
        carryFiles: "yes",
      },
    },
    testPlugins,
  );
  // Keep Pulumi's temporary files in the install's folder, so that they are removed with it, also if this process is
  // killed.
  const TMPDIR = mkdtempSync(join(laidOut.workDir, "tmp-"));
  const place = { ...laidOut, environment: { ...laidOut.environment, ...environment, TMPDIR } };
  spellFor(place.workDir, process.cwd());
  try {
    const scani = options.images === "real" ? RealScani.on(docker, place) : new StandInScani(place);
    const result = await run({ docker, place, scani, interrupt, report }, () =>
      startEndpoint(docker, options.images, place, { images, authority, bucket }),
    );
    return options.keep ? { ...result, project: place.workDir, url: place.url, install: place.install } : result;
  } finally {
    if (options.keep && !interrupt.signal.aborted) {
      keptLines(place, pulumi.command, process.env).forEach(report);
    } else {
      report("Removing the install.");
      // Work that an interrupt left running may still create something.
      await interrupt.idle();
      await cleanUp(docker, place, report);
    }
  }
}

/** A rehearsal under way. */
interface Rehearsal {
  readonly docker: Docker;
  readonly place: Throwaway;
  readonly scani: RehearsedScani;
  readonly interrupt: Interrupt;
  readonly report: Report;
}

async function run(
  { docker, place, scani, interrupt, report }: Rehearsal,
  startEndpoint: () => Promise<void>,
): Promise<Result> {
  let onLine: Report = () => undefined;
  const overheard: Report = (line) => {
    report(line);
    onLine(line);
  };
  const context = contextOn(place, report, interrupt.signal);
  const bringUp = (stack: string) =>
    interrupt.guard(up(context, stack, (event) => progressOf(event).forEach(overheard)));
  report("Bringing base and tier 1 up.");
  await bringUp("base");
  await interrupt.guard(startEndpoint());
  await bringUp("tier1");

  const sessions = await interrupt.guard(seed(scani));
  const before = await interrupt.guard(scani.rows());
  await interrupt.guard(scani.papers.send(sessions, seeded.files));
  report(
    `Seeded ${seeded.users} users with sessions and encrypted credentials, ${seeded.rows} rows, ${seeded.files} files.`,
  );

  const switches: RehearsedSwitch[] = [];
  let written = 0;
  for (const [from, to] of [
    ["tier1", "tier2"],
    ["tier2", "tier1"],
  ] as const) {
    await interrupt.guard(scani.sendJobs());
    await interrupt.guard(scani.papers.send(sessions, uploads.before));
    report(`Switching ${from} → ${to} at 100 requests a second, with jobs queued.`);
    const load = await interrupt.guard(
      startLoad({ url: place.url, rate: 100, seconds: longestSwitch, requests: scani.requests() }),
    );
    const began = Date.now();
    let within: Promise<void> | undefined;
    onLine = (line) => {
      if (within === undefined && line.includes("▸ flip")) within = scani.papers.send(sessions, uploads.within);
      within?.catch(() => undefined);
    };
    try {
      await bringUp(to);
    } finally {
      await load.stop();
    }
    const totalMs = Date.now() - began;
    const answers = await load.done;
    for (const { why, method, path } of answers.failures.slice(0, 3)) report(`  ${method} ${path}: ${why}`);
    const entry = (await interrupt.guard(readJournal(engineOver(docker), `${place.install}-gateway`))).at(-1);
    switches.push({
      from,
      to,
      totalMs,
      flipMs: entry?.flipMs ?? Number.NaN,
      sent: answers.sent,
      failed: answers.failed,
      files: await interrupt.guard(filesAfter(scani, sessions, within, interrupt.signal)),
    });
    written += Object.values(answers.byKind).reduce((sum, { POST }) => sum + POST.sent - POST.failed, 0);
  }

  const kept = await interrupt.guard(Promise.all(sessions.map((session) => scani.stillKnows(session))));
  const seen: Seen = {
    switches,
    jobs: await interrupt.guard(doneJobs(scani, interrupt.signal)),
    rows: { before, after: await interrupt.guard(scani.rows()) },
    written,
    sessions: { made: sessions.length, kept: kept.filter(Boolean).length },
  };
  report(tell(seen));
  return resultOf(seen);
}

/** Opens every file, once those sent during the switch are stored. */
async function filesAfter(
  scani: RehearsedScani,
  sessions: readonly Session[],
  within: Promise<void> | undefined,
  signal: AbortSignal,
): Promise<FilesSeen> {
  await within;
  return scani.papers.count(sessions, signal);
}

/** Creates users with sessions and credentials, and rows. */
async function seed(scani: RehearsedScani): Promise<Session[]> {
  const sessions: Session[] = [];
  for (let user = 0; user < seeded.users; user += 1) sessions.push(await scani.seedUser(`user${user}`));
  for (let row = 0; row < seeded.rows; row += 1) await scani.addRow(`seeded ${row}`);
  return sessions;
}

/** Waits until every job is done, at most a minute, and returns the counts. */
async function doneJobs(scani: RehearsedScani, signal: AbortSignal): Promise<Jobs> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const jobs = await scani.jobs();
    if (jobs.never === 0 || Date.now() > deadline || signal.aborted) return jobs;
    await pause(200);
  }
}
