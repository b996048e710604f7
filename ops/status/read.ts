import { adoptCommand, statusCommand, upCommand } from "../../util/commands";
import { OperatorError, type Problem } from "../../util/operatorError";
import { isRecordOf, keeperFault } from "../../host/adopt/record";
import { readStrays, type Stray } from "../../host/adopt/strays";
import type { Engine, Labelled } from "../../host/engine/engine";
import { containerName, copiesAmong } from "../../host/install/names/containerName";
import { label } from "../../host/install/names/labels";
import type { Entry } from "../../host/install/journal";
import { servingOf, servingSince, type ReleaseName, type Serving } from "../../host/install/facts";
import type { Tier } from "../../settings";
import { stacksBeside, type StackNames } from "../../host/install/names/stacks";
import type { Work } from "../../host/lock/owner";
import { readWork } from "../../host/lock/presence";
import { readFacts } from "../../host/install/readFacts";

/** One container of an install. */
export interface ContainerStatus {
  readonly service: string;
  /** Absent for base's. */
  readonly tier?: string;
  readonly release?: string;
  readonly name: string;
  readonly image: string;
  readonly state: string;
  /** Docker's own wording: `Up 3 minutes (healthy)`. */
  readonly status: string;
}

/** An install as it is now. */
export interface Status {
  readonly install: string;
  /** The release that answers; absent where none does, and `state` says why. */
  readonly serving?: ReleaseName & { readonly since?: string };
  readonly state: Serving;
  readonly containers: readonly ContainerStatus[];
  readonly lastSwitch?: Entry;
  /** Command that is at work, or was killed. */
  readonly work?: Work;
  /** True where the record of switches cannot be read. */
  readonly recordUnreadable?: true;
  /** Names of containers that only carry this install's labels. */
  readonly copies: readonly string[];
  /** Compose's containers that do the install's work at the same time. */
  readonly strays: readonly Stray[];
  /** Why nothing keeps the volumes of an adoption that is not over from being removed, as `keeperFault` says it. */
  readonly keeper?: string;
}

/** The install that a project's commands work on. */
export interface OwnInstall {
  readonly name: string;
  readonly stacks: StackNames;
  /** Presence file of its commands on this machine, where it is known. */
  readonly file?: string;
}

/** The install of a project that sets nothing. */
const usual: OwnInstall = { name: "scani", stacks: stacksBeside("base") };

/**
 * Reads an install's status from the engine, not from Pulumi, so that it is true whatever became of the last command.
 * @param name the install; without it the project's own, else the only one there is
 * @param project the install of the project this is asked in
 * @throws OperatorError when there is none, several and no name, or only networks and volumes of one are left
 */
export async function readStatus(engine: Engine, name?: string, project: OwnInstall = usual): Promise<Status> {
  const [all, networks, volumes] = await Promise.all([
    engine.containers({ labels: [label.install], all: true }),
    engine.networks([label.install]),
    engine.volumes([label.install]),
  ]);
  const installs = namesOf(all);
  const left = leftovers(networks, volumes);
  const only = installs.length === 1 ? installs[0] : undefined;
  // What is left of another install is not this project's to go on with.
  const install = name ?? (installs.length === 0 || installs.includes(project.name) ? project.name : only);
  if (install === undefined || !installs.includes(install)) {
    const gone = left.get(install ?? "");
    if (install !== undefined && gone !== undefined) throw new OperatorError(containersGone(install, gone, project));
    throw new OperatorError(
      installs.length === 0
        ? noInstall(left, project)
        : { what: `Which install? There are ${installs.join(", ")}.`, type: installs.map((one) => statusCommand(one)) },
    );
  }
  const own = all.filter((one) => nameOf(one) === install);
  const gateway = containerName(install, "gateway");
  const [facts, work] = await Promise.all([
    readFacts(engine, { name: install, gateway }),
    readWork(engine, gateway, project.file),
  ]);
  const state = servingOf(facts);
  return {
    install,
    serving: state.is === "serving" ? { ...state.release, since: servingSince(facts, state.release) } : undefined,
    state,
    containers: own
      .map((container) => ({
        service: container.labels[label.service] ?? "",
        tier: container.labels[label.tier],
        release: container.labels[label.release],
        name: container.name,
        image: container.image,
        state: container.state,
        status: container.status,
      }))
      .sort((a, b) => `${a.tier ?? ""} ${a.name}`.localeCompare(`${b.tier ?? ""} ${b.name}`)),
    lastSwitch: facts.journal.at(-1),
    work: isPast(work, facts.journal) ? undefined : work,
    recordUnreadable: facts.journalUnreadable,
    copies: copiesAmong(own).map(({ name }) => name),
    strays: await readStrays(engine, install),
    keeper: volumes.some(({ name: one }) => isRecordOf(install, one))
      ? await keeperFault(engine, { install })
      : undefined,
  };
}

/** True for a killed command that began before the last switch: the record tells what became of it, or came after it. Pure. */
function isPast(work: Work | undefined, journal: readonly Entry[]): boolean {
  const last = journal.at(-1);
  return work?.is === "killed" && last !== undefined && Date.parse(work.owner.since) < Date.parse(last.at);
}

/** Networks and volumes of an install that has no containers. */
interface Leftovers {
  readonly networks: readonly Labelled[];
  readonly volumes: readonly Labelled[];
}

function nameOf({ labels }: Pick<Labelled, "labels">): string {
  return labels[label.install] ?? "";
}

function namesOf(some: readonly Pick<Labelled, "labels">[]): string[] {
  return [...new Set(some.map(nameOf))].sort();
}

/** Sorts networks and volumes by their installs. Pure. */
function leftovers(networks: readonly Labelled[], volumes: readonly Labelled[]): ReadonlyMap<string, Leftovers> {
  const of = (install: string, some: readonly Labelled[]) => some.filter((one) => nameOf(one) === install);
  return new Map(
    namesOf([...networks, ...volumes]).map((install) => [
      install,
      { networks: of(install, networks), volumes: of(install, volumes) },
    ]),
  );
}

/** Lists leftovers by name. Pure. */
function listed({ networks, volumes }: Leftovers): string {
  const kinds = [
    ["volumes", volumes],
    ["networks", networks],
  ] as const;
  return kinds
    .filter(([, some]) => some.length > 0)
    .map(
      ([kind, some]) =>
        `${kind} ${some
          .map(({ name }) => name)
          .toSorted()
          .join(", ")}`,
    )
    .join("; ");
}

/** Returns the problem of an engine on which no install has containers, nor the project's anything else. Pure. */
function noInstall(left: ReadonlyMap<string, Leftovers>, { stacks }: OwnInstall): Problem {
  const what = "There is no install of Scani on this engine yet.";
  if (left.size === 0) return { what, type: upCommand(stacks.tier1) };
  const others = [...left].map(([install, some]) => `${install} (${listed(some)})`).join(", ");
  // No command to bring one up: with another name it would make an empty install beside that data.
  return {
    what: `${what} Others have left something: ${others}.`,
    why: "To go on with one of them, use the project that made it, with the name it had.",
  };
}

/** Returns the problem of an install whose containers were all removed, as by `docker container prune`. Pure. */
function containersGone(install: string, left: Leftovers, { name: own, stacks }: OwnInstall): Problem {
  const { networks, volumes } = left;
  const what = `${install} has no containers on this engine any more; still there: ${listed(left)}.`;
  if (install !== own)
    return { what, why: `Commands here are for ${own}. To go on with ${install}, use the project that made it.` };
  if (volumes.some(({ name }) => isRecordOf(install, name)))
    return { what, why: "It was being adopted; this says how far that has come:", type: adoptCommand() };
  // Base's own networks and volumes have no tier.
  const tiers = [...new Set([...networks, ...volumes].flatMap(({ labels }) => labels[label.tier] ?? []))].sort();
  const ups = (tiers.length === 0 ? ["tier1", "tier2"] : tiers).map((tier) => upCommand(stacks[tier as Tier]));
  return {
    what,
    why: `The first command makes base again around its data, the ${ups.length === 1 ? "second" : "one of the tier that served"} its release:`,
    type: [upCommand(stacks.base), ...ups],
  };
}
