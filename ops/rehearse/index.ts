import type Docker from "dockerode";
import { setTimeout as pause } from "node:timers/promises";
import { readJournal } from "../../infra/handover/journal";
import { startLoad } from "../load";
import { prepare } from "../setup";
import { cleanUp, layOut, startHosted, sweep, type Throwaway } from "../throwaway";
import { up, type Say } from "../up";
import { makeAuthority } from "./authority";
import { reportOf, tell, type RehearsedSwitch, type Report, type Seen } from "./report";
import { requests, RehearsedScani } from "./scani";

/** What an operator may ask for. */
export interface RehearseOptions {
  /** Leave the install up and print its address. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
}

const seeded = { users: 5, rows: 100, jobs: 300, jobMs: 100 };
const issuedKey = "issued-key-of-the-rehearsal";
const hosted = { alias: "hosted.rehearsal.internal", port: 8443 };

/** Seconds after which a load ends by itself, whatever became of the rehearsal. */
const longestSwitch = 300;

/**
 * Rehearses the migration and the way back on a throwaway install, with load running. It can touch no other install:
 * own names, ports, networks, volumes and state.
 * @throws Error when something could not be set up, or the operator interrupts; the install is removed by then
 */
export async function rehearse(options: RehearseOptions, say: Say): Promise<Report> {
  const { docker, environment, images } = await prepare(say, { images: true });
  Object.assign(process.env, environment);
  if (images === undefined) throw new Error("the images of the rehearsal were not made");
  await sweep(docker, "rehearse", say);

  const authority = await makeAuthority(hosted.alias);
  const place = await layOut("rehearse", images, {
    tier2: { SCANI_CLOUD_URL: `https://${hosted.alias}:${hosted.port}`, SCANI_CLOUD_API_KEY: issuedKey, caCertificate: authority.ca },
  });
  try {
    return await run(docker, place, options, say, async () => {
      await startHosted(docker, {
        install: place.install, image: `${images.scaniRepository}/data-provider:${images.scaniTag}`, ...hosted, scheme: "https",
        environment: {
          NODE_ENV: "production", SERVICE_NAME: "data-provider", STANDIN_HOSTED: "1", STANDIN_TLS_CERT: authority.certificate, STANDIN_TLS_KEY: authority.key,
          LOG_ID_PEPPER: "pepper-of-the-rehearsal", BETTER_AUTH_SECRET: "secret-of-the-rehearsed-endpoint-0123", DATA_PROVIDER_API_KEY: issuedKey,
        },
      });
    });
  } finally {
    if (options.keep && !options.signal.aborted) say(`Left up at ${place.url} (mail at http://127.0.0.1:${place.mailPort}); it is removed by the next rehearsal.`);
    else await cleanUp(docker, place);
  }
}

async function run(docker: Docker, place: Throwaway, { signal }: RehearseOptions, say: Say, startEndpoint: () => Promise<void>): Promise<Report> {
  const quietly = progressOnly(say);
  say("Bringing base and tier 1 up.");
  await up("base", quietly, place, signal);
  await startEndpoint();
  await up("tier1", quietly, place, signal);

  const scani = new RehearsedScani(place.url);
  const sessions = await Promise.all(Array.from({ length: seeded.users }, (_unused, index) => scani.seedUser(`user${index}`)));
  for (let row = 0; row < seeded.rows; row += 1) await scani.addRow(`seeded ${row}`);
  const before = await scani.rows();
  say(`Seeded ${seeded.users} users with sessions and encrypted credentials, ${seeded.rows} rows.`);

  const switches: RehearsedSwitch[] = [];
  let written = 0;
  for (const [from, to] of [["tier1", "tier2"], ["tier2", "tier1"]] as const) {
    say(`Switching ${from} → ${to} at 100 requests a second, ${seeded.jobs} jobs queued.`);
    await scani.sendJobs(seeded.jobs, seeded.jobMs);
    const load = await startLoad({ url: place.url, rate: 100, seconds: longestSwitch, requests });
    const began = Date.now();
    try {
      await up(to, quietly, place, signal);
    } finally {
      await load.stop();
    }
    const totalMs = Date.now() - began;
    const report = await load.done;
    const entry = (await readJournal(docker, `${place.install}-gateway`)).at(-1);
    switches.push({ from, to, totalMs, flipMs: entry?.flipMs ?? Number.NaN, sent: report.sent, failed: report.failed });
    written += Object.values(report.byKind).reduce((sum, { POST }) => sum + POST.sent - POST.failed, 0);
  }

  const kept = await Promise.all(sessions.map((session) => scani.stillKnows(session)));
  const seen: Seen = {
    switches,
    jobs: await doneJobs(scani, signal),
    rows: { before, after: await scani.rows() },
    written,
    sessions: { made: sessions.length, kept: kept.filter(Boolean).length },
  };
  say(tell(seen));
  return reportOf(seen);
}

/** Waits until no job is left undone, at most a minute, and counts. */
async function doneJobs(scani: RehearsedScani, signal: AbortSignal) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const jobs = await scani.jobs();
    if (jobs.never === 0 || Date.now() > deadline || signal.aborted) return jobs;
    await pause(200);
  }
}

/** The Handover's own lines out of Pulumi's output, once each; errors whole. */
function progressOnly(say: Say): Say {
  return (chunk) => {
    for (const line of chunk.split("\n")) {
      const step = /(?:▸|✓|✗|…) .*/.exec(line)?.[0];
      if (step !== undefined && / (creating|updating) \(/.test(line)) say(`  ${step}`);
      else if (/error:/.test(line)) say(line);
    }
  };
}
