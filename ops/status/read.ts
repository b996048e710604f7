import { statusCommand, upCommand } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";
import { readStrays, type Stray } from "../../host/adopt/strays";
import type { Engine } from "../../host/engine/engine";
import { containerName, copiesAmong } from "../../host/install/names/containerName";
import { label } from "../../host/install/names/labels";
import type { Entry } from "../../host/install/journal";
import { servingOf, servingSince, type ReleaseName, type Serving } from "../../host/install/facts";
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
  /** Names of containers that only carry this install's labels. */
  readonly copies: readonly string[];
  /** Compose's containers that do the install's work at the same time. */
  readonly strays: readonly Stray[];
}

/**
 * Reads an install's status from the engine, not from Pulumi, so that it is true whatever became of the last command.
 * @param name the install; without it `scani`, else the only one there is
 * @param first stack to bring up where there is no install yet
 * @throws OperatorError when there is none, or several and no name
 */
export async function readStatus(engine: Engine, name?: string, first = "tier1"): Promise<Status> {
  const all = await engine.containers({ labels: [label.install], all: true });
  const installs = [...new Set(all.map(({ labels }) => labels[label.install] ?? ""))].sort();
  const install = name ?? (installs.includes("scani") ? "scani" : installs.length === 1 ? installs[0] : undefined);
  if (install === undefined || !installs.includes(install)) {
    throw new OperatorError(
      installs.length === 0
        ? { what: "There is no install of Scani on this engine yet.", type: upCommand(first) }
        : { what: `Which install? There are ${installs.join(", ")}.`, type: installs.map((one) => statusCommand(one)) },
    );
  }
  const own = all.filter(({ labels }) => labels[label.install] === install);
  const facts = await readFacts(engine, { name: install, gateway: containerName(install, "gateway") });
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
    copies: copiesAmong(own).map(({ name }) => name),
    strays: await readStrays(engine, install),
  };
}
