import type { BackupDecision } from "../backup/due";
import type { Environment } from "../install/environment";
import type { Service } from "../install/services";
import { catalogue } from "../../settings";
import type { LiveContainer, ReleaseName } from "../install/live";
import type { Step } from "./plan";

/** Everything a preview is written from. Environments hold secrets; the text does not. */
export interface Outlook {
  readonly now?: ReleaseName & { readonly since?: string };
  readonly wanted: ReleaseName;
  readonly steps: readonly Step[];
  /** Whether a backup is made first; undefined where nothing is switched, `unknown` says why it cannot be told. */
  readonly backup?: BackupDecision | { readonly unknown: string };
  /** Services whose containers do not exist yet. */
  readonly created: readonly Service[];
  /** Environment of each service that serves now, and of each that will. */
  readonly environment: {
    readonly old: Readonly<Partial<Record<Service, Environment>>>;
    readonly new: Readonly<Partial<Record<Service, Environment>>>;
  };
  readonly images: {
    readonly old: Readonly<Partial<Record<Service, string>>>;
    readonly new: Readonly<Partial<Record<Service, string>>>;
  };
  readonly keepWarm: boolean;
  /** Running containers of release kind that stay as they are. */
  readonly kept: readonly LiveContainer[];
  /** Base's containers, with the volume each keeps its data in. */
  readonly untouched: readonly { readonly service: string; readonly container: string; readonly volume?: string }[];
}

const secrets = new Set(catalogue.filter(({ secret }) => secret).map(({ variable }) => variable));

/** A value as a preview may show it: secrets by their last four characters, short ones not at all. */
export function shown(variable: string, value: string | undefined): string {
  if (value === undefined) return "(none)";
  if (!secrets.has(variable)) return value;
  return value.length >= 12 ? `••••${value.slice(-4)}` : "••••";
}

/** Variables that differ between two environments, as `NAME old → new`. Only Scani's own variables are looked at. */
export function changedVariables(old: Environment, next: Environment): string[] {
  const all = [...new Set([...Object.keys(old), ...Object.keys(next)])].sort();
  return all
    .filter((name) => old[name] !== next[name])
    .map((name) => {
      const [before, after] = [shown(name, old[name]), shown(name, next[name])];
      return before === after
        ? `${name} ${before} → another value with the same ending`
        : `${name} ${before} → ${after}`;
    });
}

/** What a preview tells the operator. Pure; what `up` then does is made from the same steps. */
export function explain(outlook: Outlook): string {
  const { now, wanted, steps } = outlook;
  const serves =
    now === undefined
      ? "nothing"
      : `${now.tier} (${now.release})${now.since === undefined ? "" : ` since ${now.since}`}`;
  if (steps.length === 0) return [`Serving now: ${serves}. Nothing to do.`].join("\n");
  return [
    `Serving now: ${serves}. After this: ${wanted.tier} (${wanted.release}).`,
    ...section(
      "steps",
      steps.map((step) => said(step, outlook)),
    ),
    ...noBackup(outlook.backup),
    ...section("variables", variables(outlook)),
    ...section("images", images(outlook)),
    ...section(
      "kept running",
      outlook.kept.map(({ title, name }) => `${title} (${name})`),
    ),
    ...section(
      "untouched",
      outlook.untouched.map(
        ({ service, container, volume }) =>
          `${service}: container ${container}${volume === undefined ? "" : `, volume ${volume}`}`,
      ),
    ),
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
}

function said(step: Step, { created }: Outlook): string {
  const list = (containers: readonly LiveContainer[]) =>
    containers.map(({ service }) => `${service}${created.includes(service) ? " (new)" : ""}`).join(", ");
  switch (step.do) {
    case "backup":
      return `back up the database ${step.beside ? "while the candidate starts" : "before anything else"}: ${step.why}`;
    case "finish-backup":
      return "wait until the backup is whole";
    case "migrate":
      return "migrate the schema (a no-op when nothing is pending)";
    case "start":
      return `start ${list(step.containers)} and wait until ready`;
    case "verify":
      return "verify the tier from inside the new api, with its own key";
    case "flip":
      return "flip the gateway; requests in flight finish on the old release";
    case "stop-workers":
      return `stop gently: ${step.containers.map(({ title }) => title).join(", ")} (kept)`;
    case "start-worker":
      return `start ${list([step.container])}`;
    case "soak":
      return "watch the new release for a while, with the way back open";
    case "retire":
      return `stop gently: ${step.containers.map(({ title }) => title).join(", ")} (kept)`;
  }
}

/** Why no backup is among the steps. */
function noBackup(backup: Outlook["backup"]): string[] {
  if (backup === undefined) return [];
  if ("unknown" in backup) return [`backup: whether one is due cannot be told: ${backup.unknown}`];
  return backup.due ? [] : [`backup: none is due, ${backup.why}`];
}

function variables({ environment }: Outlook): string[] {
  return (Object.keys(environment.new) as Service[]).flatMap((service) => {
    const old = environment.old[service];
    return old === undefined
      ? []
      : changedVariables(old, environment.new[service] ?? {}).map((line) => `${service}: ${line}`);
  });
}

function images({ images: { old, new: next } }: Outlook): string[] {
  return (Object.keys(next) as Service[])
    .filter((service) => old[service] !== undefined && old[service] !== next[service])
    .map((service) => `${service}: ${old[service]} → ${next[service]}`);
}
