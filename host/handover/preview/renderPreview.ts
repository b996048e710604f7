import type { BackupDecision } from "../../backup/due";
import type { Stuck } from "../../files/carry";
import { lostJobsLine, stuckLines, stuckPreview, type LeftFiles } from "../../files/words";
import { pluralFiles, countText, type FileCount } from "../../install/filesEntry";
import type { Environment } from "../../install/services/environment";
import type { Service } from "../../install/services/release";
import { mask, type Origin } from "../../../settings";
import type { ReleaseContainer, ReleaseName } from "../../install/facts";
import type { Step } from "../steps";

/** Files a switch would carry. */
export interface FilesPreview {
  /** Title of the new place. */
  readonly place: string;
  /** Files the new place lacks, and their bytes. */
  readonly count: FileCount;
  /** `unsaid` where the operator has to say whether they may go there. */
  readonly permission: "yes" | "unsaid";
  /** Files that cannot be carried. */
  readonly stuck: readonly Stuck[];
}

/** Files a switch would leave where they are. */
export interface LeftPreview {
  /** Title of the new place. */
  readonly place: string;
  readonly left: LeftFiles;
}

/** Data a preview is rendered from. Environments hold secrets; the text does not. */
export interface SwitchPreview {
  /** Description of what serves, made by `describeServing`. */
  readonly serving: string;
  readonly wanted: ReleaseName;
  readonly steps: readonly Step[];
  /**
   * Decision about a backup before the switch; undefined where nothing is switched, `unknown` says why it cannot be
   * told.
   */
  readonly backup?: BackupDecision | { readonly unknown: string };
  /** Files to carry or to leave; undefined where both releases keep them in the same place, or nothing is switched. */
  readonly files?: FilesPreview | LeftPreview | { readonly unknown: string };
  /** Services whose containers do not exist yet. */
  readonly created: readonly Service[];
  /** Environment of each service that serves now, and of each that will. */
  readonly environment: {
    readonly old: Readonly<Partial<Record<Service, Environment>>>;
    readonly new: Readonly<Partial<Record<Service, Environment>>>;
  };
  /** Origins of the variables' values, by variable name. */
  readonly origins?: Readonly<Record<string, Origin | undefined>>;
  readonly images: {
    readonly old: Readonly<Partial<Record<Service, string>>>;
    readonly new: Readonly<Partial<Record<Service, string>>>;
  };
  readonly keepWarm: boolean;
  /** Seconds for which the release is watched. */
  readonly soak: number;
  /** Running containers of any release that stay as they are. */
  readonly kept: readonly ReleaseContainer[];
  /** Base's containers, with the volume each keeps its data in. */
  readonly untouched: readonly { readonly service: string; readonly container: string; readonly volume?: string }[];
}

/** Returns variables that differ between two environments, as `NAME old → new`, and marks the shell's own. Pure. */
export function changedVariables(
  old: Environment,
  next: Environment,
  origins: SwitchPreview["origins"] = {},
): string[] {
  const all = [...new Set([...Object.keys(old), ...Object.keys(next)])].sort();
  return all
    .filter((name) => old[name] !== next[name])
    .map((name) => {
      const [before, after] = [mask(name, old[name]), mask(name, next[name])];
      const shown = before === after ? "another value with the same ending" : after;
      const origin = origins[name];
      return `${name} ${before} → ${shown}${origin === "the shell's environment" ? ` (from ${origin})` : ""}`;
    });
}

/** Renders a preview for the operator. Pure; `up` carries out the same steps. */
export function renderPreview(preview: SwitchPreview): string {
  const { serving, wanted, steps } = preview;
  if (steps.length === 0) return `Serving now: ${serving}. Nothing to do.`;
  return [
    `Serving now: ${serving}. After this: ${wanted.tier} (${wanted.release}).`,
    ...section(
      "steps",
      steps.flatMap((step) => step.describe(preview) ?? []),
    ),
    ...noBackup(preview.backup),
    ...filesLines(preview),
    ...leavesLines(preview),
    ...section("variables", variables(preview)),
    ...section("images", images(preview)),
    ...section(
      "kept running",
      preview.kept.map(({ title, name }) => `${title} (${name})`),
    ),
    ...section(
      "untouched",
      preview.untouched.map(
        ({ service, container, volume }) =>
          `${service}: container ${container}${volume === undefined ? "" : `, volume ${volume}`}`,
      ),
    ),
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
}

/** Explains why no backup is among the steps. */
function noBackup(backup: SwitchPreview["backup"]): string[] {
  if (backup === undefined) return [];
  if ("unknown" in backup) return [`backup: whether one is due cannot be told: ${backup.unknown}`];
  return backup.due ? [] : [`backup: none is due, ${backup.why}`];
}

/** Describes which files would be carried, left or stuck. */
function filesLines({ files }: SwitchPreview): string[] {
  if (files === undefined) return [];
  if ("unknown" in files) return [`files: what is to be carried cannot be told: ${files.unknown}`];
  const { place } = files;
  if ("left" in files) return leftLines(files.left, place);
  const named = files.permission === "yes" ? stuckPreview(files.stuck) : stuckLines(files.stuck);
  const stuck = named.map((line) => `  ${line}`);
  if (files.count.files === 0) return [`files: none to carry to ${place}`, ...stuck];
  const text = countText(files.count);
  if (files.permission === "unsaid")
    return [`files: ${text} would have to go to ${place}; up is refused until carryFiles says yes or no`, ...stuck];
  return [`files: ${text} to carry to ${place}`, ...stuck];
}

function leftLines(left: LeftFiles, place: string): string[] {
  const { files, at, uncompared } = left;
  const jobs = lostJobsLine(left);
  if (files === 0) return [`files: none that would stay at ${at}`];
  const most = uncompared === undefined ? "" : "at most ";
  return [
    `files: ${most}${pluralFiles(files)} ${files === 1 ? "stays" : "stay"} at ${at}, and ${files === 1 ? "is" : "are"} not found at ${place} (carryFiles is not yes)`,
    ...(uncompared === undefined ? [] : [`  the two could not be compared: ${uncompared}`]),
    ...(jobs === undefined ? [] : [`  ${jobs}`]),
  ];
}

/** Describes data that leaves the machine from now on, where tier 2 is new. */
function leavesLines({ wanted, steps, serving }: SwitchPreview): string[] {
  if (wanted.tier !== "tier2" || !steps.some(({ id }) => id === "flip") || serving.startsWith("tier2")) return [];
  return [
    "tier 2: mails (sign-in codes, digests, alerts) and uploaded files go through the hosted data-provider, and the files into its bucket",
    "tier 2: prices, AI and chain calls stay with api and worker, so the provider keys stay set",
  ];
}

function variables({ environment, origins }: SwitchPreview): string[] {
  return (Object.keys(environment.new) as Service[]).flatMap((service) => {
    const old = environment.old[service];
    return old === undefined
      ? []
      : changedVariables(old, environment.new[service] ?? {}, origins).map((line) => `${service}: ${line}`);
  });
}

function images({ images: { old, new: next } }: SwitchPreview): string[] {
  return (Object.keys(next) as Service[])
    .filter((service) => old[service] !== undefined && old[service] !== next[service])
    .map((service) => `${service}: ${old[service]} → ${next[service]}`);
}
