import { phasesOf } from "../../host/adopt/phases";
import type { PhaseNow } from "../../host/adopt/phases/phase";
import type { Adoption } from "../../host/adopt/plan";
import { othersOf, type ComposeProject } from "../../host/adopt/compose/project";
import { keeperProblem, type AdoptionRecord } from "../../host/adopt/record";
import { strayProblem, type Stray } from "../../host/adopt/strays";
import { mask, settingNamed, type SettingName } from "../../settings";
import { composeDownWords, composeRenew, composeUpWords, type ComposePlace } from "../../util/commands";
import { renderProblem } from "../../util/operatorError";

/** Describes a plan for another program, without secrets. */
export function planJson(adoption: Adoption, record: AdoptionRecord): Readonly<Record<string, unknown>> {
  return {
    ...namesIn(record),
    phases: phasesOf(record).map((phase) => ({ id: phase.title, does: phase.describe(record) })),
    settings: Object.fromEntries(
      Object.entries(adoption.settings).map(([stack, values]) => [stack, Object.fromEntries(masked(values))]),
    ),
  };
}

/** Returns the fields that the JSON of a plan and of a begun adoption share. */
function namesIn({ project, install, tier, port, scani, postgres, replaced, notes }: AdoptionRecord) {
  return { project, install, tier, port, scani, postgres, replaced, notes };
}

/** Renders a plan in lines for a person. */
export function showPlan(adoption: Adoption, record: AdoptionRecord): string {
  const { project, install, tier, port, notes, settings } = adoption;
  const list = (values: Readonly<Record<string, string>>) =>
    masked(values).map(([name, value]) => `    ${name} ${value}`);
  return [
    `The compose project ${project} becomes the install ${install}, on ${tier}. It is on port ${port.now ?? "(none)"} now, and will be on ${port.then}.`,
    "phases:",
    ...phasesOf(record).map((phase, at) => `  ${at + 1} ${phase.title}: ${phase.describe(record)}`),
    "settings, read from the containers that run:",
    "  base",
    ...list(settings.base),
    `  ${tier}`,
    ...list(settings[tier]),
    ...(notes.length === 0 ? [] : ["notes:", ...notes.map((note) => `  ${note}`)]),
  ].join("\n");
}

/** An adoption that has begun, as it is now. */
export interface Begun {
  readonly record: AdoptionRecord;
  readonly phases: readonly PhaseNow[];
  /** True when nothing is left to be done. */
  readonly isOver: boolean;
  /** Every Scani that serves, and where. */
  readonly serving: readonly string[];
  /** Compose's containers that do this module's work at the same time. */
  readonly strays: readonly Stray[];
  /** Why nothing keeps its volumes from being removed, as `keeperFault` says it. */
  readonly keeper?: string;
}

/** Describes for another program how far an adoption has come, without secrets. */
export function begunJson({
  record,
  phases,
  isOver,
  serving,
  strays,
  keeper,
}: Begun): Readonly<Record<string, unknown>> {
  return {
    ...namesIn(record),
    begun: record.at,
    isOver,
    serving,
    strays,
    keeper,
    phases: phases.map(({ phase, done, why }) => ({
      id: phase.title,
      does: phase.describe(record),
      done: done ?? null,
      why,
    })),
  };
}

/** Renders how far an adoption has come, in lines for a person. */
export function showBegun({ record, phases, serving, strays, keeper }: Begun): string {
  const amiss = [strayProblem(strays), keeperProblem(record.install, keeper, record)];
  return [
    `${record.project} → ${record.install}, begun ${record.at}:`,
    ...phases.map(
      ({ phase, done, why }) =>
        `  ${done === undefined ? "?" : done ? "✓" : "·"} ${phase.title}: ${phase.describe(record)}${why === undefined ? "" : `\n    Whether that is done cannot be told: ${why}`}`,
    ),
    servingLine(serving),
    ...amiss.flatMap((one) => (one === undefined ? [] : [renderProblem(one)])),
  ].join("\n");
}

/**
 * Returns lines that say what not to ask of compose while both serve, and how to change a proxy among the project's
 * services all the same. Pure.
 */
export function whileBothServe(
  { frontNetworks = [], postgres, objectStore }: Pick<AdoptionRecord, "frontNetworks" | "postgres" | "objectStore">,
  compose: ComposePlace,
  project: ComposeProject | undefined,
): string[] {
  const proxies = (project === undefined ? [] : othersOf(project)).filter(({ networks }) =>
    networks.some((one) => frontNetworks.includes(one)),
  );
  const losses = [
    ...(postgres === undefined ? [] : ["stops the Postgres both are on"]),
    ...(objectStore === undefined ? [] : ["removes the files that were uploaded by its page and are not copied yet"]),
  ];
  return [
    `Do not start or restart the whole project meanwhile: \`${composeUpWords(compose)}\` starts compose's worker beside this module's, and a job's file may be missing there.`,
    ...(losses.length === 0
      ? []
      : [`Do not take it down either: \`${composeDownWords(compose)}\` ${losses.join(", and ")}.`]),
    ...(proxies.length === 0
      ? []
      : [
          "What you change of a service beside Scani's takes effect with that service alone:",
          ...proxies.map(({ service }) => `  type: ${composeRenew(compose, service)}`),
        ]),
  ];
}

/** Renders who serves as a sentence. Pure. */
export function servingLine(serving: readonly string[]): string {
  return serving.length === 0 ? "Serving now: nothing." : `Serving now: ${serving.join(" and ")}.`;
}

/** Lists settings by name, with secret values masked. */
function masked(values: Readonly<Record<string, string>>): (readonly [name: string, value: string])[] {
  return Object.entries(values).map(([name, value]) => [name, mask(settingNamed(name as SettingName).variable, value)]);
}
