import { messageOf } from "../../../util/operatorError";
import { seconds as spell } from "../../../util/progress/progress";
import { settingNamed } from "../../../settings";
import type { BenchContext } from "../context";
import { loadOf } from "../load";
import { measure } from "../measure";
import { runName, type Run } from "../report/run";
import { partsText } from "../report/table";
import { flipBegan } from "./flipTime";
import { FileUsers } from "./fileUsers";
import { ModuleInstall } from "./install";
import { askSlowly, judgeHeld, type Held } from "./slowResponse";

/** Measures this module's switches under load: cold, with a slow response open, kept warm, and to a new tag. */
export async function moduleSwitches(context: BenchContext): Promise<Run[]> {
  const {
    subject: { images },
    interrupt,
    say,
  } = context;
  const install = await ModuleInstall.layOut(context);
  const runs: Run[] = [];
  try {
    say("module: bringing base and tier 1 up");
    await install.upBase();
    await install.up("tier1");
    const users = await interrupt.guard(FileUsers.seed(install.scani(), interrupt));
    const to = async (stack: string, name: string, slow = false) =>
      void runs.push(await switched(context, install, users, { stack, name, slow }));
    await to("tier2", runName.first);
    await to("tier1", runName.back);
    await to("tier2", runName.again);
    // The drain waits for an open response, so the time of these two switches means nothing.
    await to("tier1", runName.slowBack, true);
    await to("tier2", runName.slowForth, true);

    for (const stack of ["tier1", "tier2"]) install.set(stack, "keepWarm", "true");
    say("module: back to tier 1, keeping tier 2 warm");
    await install.up("tier1");
    await to("tier2", runName.warmForth);
    await to("tier1", runName.warmBack);

    install.set("tier1", "SCANI_IMAGE_TAG", images.nextTag);
    await to("tier1", runName.newTag);
    return runs;
  } finally {
    say("module: removing it");
    await install.remove();
  }
}

async function switched(
  context: BenchContext,
  install: ModuleInstall,
  users: FileUsers,
  { stack, name, slow }: { readonly stack: string; readonly name: string; readonly slow: boolean },
): Promise<Run> {
  const {
    docker,
    subject: { kind },
    interrupt,
    say,
  } = context;
  let asked: Promise<Held | undefined> | undefined;
  const onOutput = (text: string): void => {
    users.heard(text);
    if (!slow || asked !== undefined || !beforeFlip.test(text)) return;
    asked = askSlowly(kind, install.url, docker, install.postgres).catch(
      (error: unknown) => void say(`  no slow response: ${messageOf(error)}`),
    );
  };
  const seen = await measure(
    { name, url: install.url, load: loadOf(kind), command: () => install.up(stack, onOutput) },
    interrupt,
    say,
  );
  const files = await interrupt.guard(users.count());
  const entry = await install.lastHandover();
  if (entry.outcome !== "switched" || entry.flipMs === undefined)
    throw new Error(`${name}: the last handover on record is ${entry.outcome}, not a switch`);
  const parts = { Pulumi: seen.totalMs - entry.totalMs, ...entry.timings };
  say(`  ${partsText(parts)}`);
  // Do not count the seconds of soak that the setting asks for; count what the soak takes beyond them.
  const run = {
    ...seen,
    totalMs: seen.totalMs - Math.min(entry.timings.soak ?? 0, soakMs),
    flipMs: entry.flipMs,
    parts,
    files,
  };
  if (!slow) return run;
  const held = asked && (await interrupt.guard(asked));
  if (held === undefined) return { ...run, slowResponse: "missed" };
  say(`  slow response: ${held.whole ? "whole" : "not whole"} after ${spell(held.endedAt - held.begunAt)}`);
  return { ...run, slowResponse: judgeHeld(held, flipBegan(entry)) };
}

/** Milliseconds the bench's install soaks: the setting's default. */
const soakMs = Number(settingNamed("soak").fallback) * 1000;

/**
 * Progress line of the candidate's start or verification: the flip comes soon, and the serving api is still the old
 * one.
 */
const beforeFlip = /▸ (start|verify)/;
