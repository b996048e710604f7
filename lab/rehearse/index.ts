import type Docker from "dockerode";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { engineOver } from "../../host/engine/dockerEngine";
import { readJournal } from "../../host/install/journal";
import { startLoad } from "../load";
import { Interrupt } from "../interrupt";
import { prepare } from "../setup";
import type { ImageKind } from "../setup/realImages";
import { chooseBucket, cleanUp, layOut, policyFor, sweep, type Throwaway, type ThrowawayImages } from "../throwaway";
import { up } from "../../ops/up";
import type { Say } from "../../ops/pulumi/say";
import { makeAuthority } from "./authority";
import { hosted, startEndpoint } from "./endpoint";
import { progressOnly } from "./progressOnly";
import { RealScani } from "./real";
import { reportOf, tell, type RehearsedSwitch, type Report, type Seen } from "./report";
import type { Jobs, RehearsedScani, Session } from "./scani";
import { StandInScani } from "./standIn";

/** What an operator may ask for. */
export interface RehearseOptions {
  /** Leave the install up and print its address. */
  readonly keep: boolean;
  /** Which Scani is switched. */
  readonly images: ImageKind;
}

const seeded = { users: 5, rows: 100 };

/** Seconds after which a load ends by itself, whatever became of the rehearsal. */
const longestSwitch = 300;

/**
 * Rehearses the migration and the way back on a throwaway install, with load running. It can touch no other install:
 * own names, ports, networks, volumes and state.
 * @throws Error when something could not be set up, or the operator interrupts; the install is removed by then
 */
export async function rehearse(options: RehearseOptions, say: Say): Promise<Report> {
  const interrupt = new Interrupt();
  try {
    const { docker, environment, images } = await interrupt.guard(prepare(say, { images: options.images }));
    Object.assign(process.env, environment);
    if (images === undefined) throw new Error("the images of the rehearsal were not made");
    await interrupt.guard(sweep(docker, "rehearse", say));
    return await onThrowaway(docker, images, options, interrupt, say);
  } finally {
    interrupt.release();
  }
}

async function onThrowaway(
  docker: Docker,
  images: ThrowawayImages,
  options: RehearseOptions,
  interrupt: Interrupt,
  say: Say,
): Promise<Report> {
  const authority = await makeAuthority(hosted.alias);
  const bucket = await chooseBucket();
  const place = await layOut("rehearse", images, {
    tier2: {
      SCANI_CLOUD_URL: hosted.url,
      SCANI_CLOUD_API_KEY: hosted.key,
      caCertificate: authority.ca,
      CSP_CONNECT_SRC: policyFor(bucket),
    },
  });
  // What Pulumi keeps in files meanwhile goes when the install goes, also where this process is killed.
  process.env.TMPDIR = mkdtempSync(join(place.workDir, "tmp-"));
  try {
    const scani = options.images === "real" ? new RealScani(docker, place) : new StandInScani(place);
    return await run({ docker, place, scani, interrupt, say }, () =>
      startEndpoint(docker, options.images, place, { images, authority, bucket }),
    );
  } finally {
    if (options.keep && !interrupt.signal.aborted) {
      say(`Left up at ${place.url} (mail at http://127.0.0.1:${place.mailPort}); it is removed by the next rehearsal.`);
    } else {
      say("Removing the install.");
      // What an interrupt left running may still be making something.
      await interrupt.idle();
      await cleanUp(docker, place);
    }
  }
}

/** A rehearsal under way. */
interface Rehearsal {
  readonly docker: Docker;
  readonly place: Throwaway;
  readonly scani: RehearsedScani;
  readonly interrupt: Interrupt;
  readonly say: Say;
}

async function run(
  { docker, place, scani, interrupt, say }: Rehearsal,
  startEndpoint: () => Promise<void>,
): Promise<Report> {
  const bringUp = (stack: string) => interrupt.guard(up(stack, progressOnly(say), place, interrupt.signal));
  say("Bringing base and tier 1 up.");
  await bringUp("base");
  await interrupt.guard(startEndpoint());
  await bringUp("tier1");

  const sessions = await interrupt.guard(seed(scani));
  const before = await interrupt.guard(scani.rows());
  say(`Seeded ${seeded.users} users with sessions and encrypted credentials, ${seeded.rows} rows.`);

  const switches: RehearsedSwitch[] = [];
  let written = 0;
  for (const [from, to] of [
    ["tier1", "tier2"],
    ["tier2", "tier1"],
  ] as const) {
    await interrupt.guard(scani.sendJobs());
    say(`Switching ${from} → ${to} at 100 requests a second, with jobs queued.`);
    const load = await interrupt.guard(
      startLoad({ url: place.url, rate: 100, seconds: longestSwitch, requests: scani.requests() }),
    );
    const began = Date.now();
    try {
      await bringUp(to);
    } finally {
      await load.stop();
    }
    const totalMs = Date.now() - began;
    const report = await load.done;
    for (const { why, method, path } of report.failures.slice(0, 3)) say(`  ${method} ${path}: ${why}`);
    const entry = (await interrupt.guard(readJournal(engineOver(docker), `${place.install}-gateway`))).at(-1);
    switches.push({ from, to, totalMs, flipMs: entry?.flipMs ?? Number.NaN, sent: report.sent, failed: report.failed });
    written += Object.values(report.byKind).reduce((sum, { POST }) => sum + POST.sent - POST.failed, 0);
  }

  const kept = await interrupt.guard(Promise.all(sessions.map((session) => scani.stillKnows(session))));
  const seen: Seen = {
    switches,
    jobs: await interrupt.guard(doneJobs(scani, interrupt.signal)),
    rows: { before, after: await interrupt.guard(scani.rows()) },
    written,
    sessions: { made: sessions.length, kept: kept.filter(Boolean).length },
  };
  say(tell(seen));
  return reportOf(seen);
}

/** Users with sessions and credentials, and rows. */
async function seed(scani: RehearsedScani): Promise<Session[]> {
  const sessions: Session[] = [];
  for (let user = 0; user < seeded.users; user += 1) sessions.push(await scani.seedUser(`user${user}`));
  for (let row = 0; row < seeded.rows; row += 1) await scani.addRow(`seeded ${row}`);
  return sessions;
}

/** Waits until no job is left undone, at most a minute, and counts. */
async function doneJobs(scani: RehearsedScani, signal: AbortSignal): Promise<Jobs> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const jobs = await scani.jobs();
    if (jobs.never === 0 || Date.now() > deadline || signal.aborted) return jobs;
    await pause(200);
  }
}
