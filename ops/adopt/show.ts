import { phasesOf } from "../../host/adopt/phases";
import type { Adoption } from "../../host/adopt/plan";
import type { AdoptionRecord } from "../../host/adopt/record";
import { shown } from "../../host/handover/renderPreview";
import { settingNamed, type SettingName } from "../../settings";

/** A plan for another program. No secrets. */
export function planJson(adoption: Adoption, record: AdoptionRecord): Readonly<Record<string, unknown>> {
  const { project, install, tier, port, notes, replaced, scani, postgres } = adoption;
  return {
    project,
    install,
    tier,
    port,
    scani,
    postgres,
    replaced,
    phases: phasesOf(record).map((phase) => ({ id: phase.title, does: phase.describe(record) })),
    settings: Object.fromEntries(
      Object.entries(adoption.settings).map(([stack, values]) => [
        stack,
        Object.fromEntries(Object.entries(values).map(([name, value]) => [name, masked(name, value)])),
      ]),
    ),
    notes,
  };
}

/** A plan in lines for a person. */
export function showPlan(adoption: Adoption, record: AdoptionRecord): string {
  const { project, install, tier, port, notes, settings } = adoption;
  const list = (values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([name, value]) => `    ${name} ${masked(name, value)}`);
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

/** A value as it may be shown: secrets by their last four characters, short ones not at all. */
function masked(name: string, value: string): string {
  const { variable, secret } = settingNamed(name as SettingName);
  if (secret !== true) return value;
  return shown(variable, value);
}
