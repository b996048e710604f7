import { adoptCommand, statusCommand, upCommand } from "../../util/commands";
import { OperatorError, type Problem } from "../../util/operatorError";
import { isRecordOf } from "../../host/adopt/record";
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
}

/**
 * Reads an install's status from the engine, not from Pulumi, so that it is true whatever became of the last command.
 * @param name the install; without it `scani`, else the only one there is
 * @param stacks of the install, for the commands in messages
 * @param file presence file of the install's commands on this machine, where it is known
 * @throws OperatorError when there is none, several and no name, or only networks and volumes of one are left
 */
export async function readStatus(
  engine: Engine,
  name?: string,
  stacks: StackNames = stacksBeside("base"),
  file?: string,
): Promise<Status> {
  const [all, networks, volumes] = await Promise.all([
    engine.containers({ labels: [label.install], all: true }),
    engine.networks([label.install]),
    engine.volumes([label.install]),
  ]);
  const nameOf = ({ labels }: Pick<Labelled, "labels">): string => labels[label.install] ?? "";
  const left = [...networks, ...volumes];
  const known = new Set([...all, ...left].map(nameOf));
  // What an install that was taken down has left is no choice beside one that is there.
  const installs = [...new Set((all.length > 0 ? all : left).map(nameOf))].sort();
  const install = name ?? (installs.includes("scani") ? "scani" : installs.length === 1 ? installs[0] : undefined);
  if (install === undefined || !known.has(install)) {
    throw new OperatorError(
      installs.length === 0
        ? { what: "There is no install of Scani on this engine yet.", type: upCommand(stacks.tier1) }
        : { what: `Which install? There are ${installs.join(", ")}.`, type: installs.map((one) => statusCommand(one)) },
    );
  }
  const isOwn = (one: Pick<Labelled, "labels">): boolean => nameOf(one) === install;
  const own = all.filter(isOwn);
  if (own.length === 0)
    throw new OperatorError(containersGone(install, networks.filter(isOwn), volumes.filter(isOwn), stacks));
  const gateway = containerName(install, "gateway");
  const [facts, work] = await Promise.all([
    readFacts(engine, { name: install, gateway }),
    readWork(engine, gateway, file),
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
  };
}

/** True for a killed command that began before the last switch: the record tells what became of it, or came after it. Pure. */
function isPast(work: Work | undefined, journal: readonly Entry[]): boolean {
  const last = journal.at(-1);
  return work?.is === "killed" && last !== undefined && Date.parse(work.owner.since) < Date.parse(last.at);
}

/** Returns the problem of an install whose containers were all removed, as by `docker container prune`. Pure. */
function containersGone(
  install: string,
  networks: readonly Labelled[],
  volumes: readonly Labelled[],
  stacks: StackNames,
): Problem {
  const listed = (kind: string, some: readonly Labelled[]): string[] =>
    some.length === 0
      ? []
      : [
          `${kind} ${some
            .map(({ name }) => name)
            .toSorted()
            .join(", ")}`,
        ];
  const what = `${install} has no containers on this engine any more; still there: ${[...listed("volumes", volumes), ...listed("networks", networks)].join("; ")}.`;
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
