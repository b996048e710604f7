import type { Engine } from "../../engine/engine";
import { Carriage } from "../../files/carriage";
import { bucketOf, placeOf, readSource } from "../../files/place";
import { environmentList, type Environment } from "../../install/services/environment";
import type { Facts } from "../../install/facts";
import type { Install } from "../../install/readFacts";
import type { Service } from "../../install/services/release";
import type { Tier } from "../../../settings";
import { OperatorError } from "../../../util/operatorError";
import type { Candidate } from "../candidate";
import {
  countFiles,
  knownSource,
  leave,
  leaveLost,
  membersNamed,
  namedIn,
  permissionFor,
  roomOf,
  sourceOf,
} from "../carryFiles";
import type { FilesPreview, LeftPreview } from "./renderPreview";
import type { HandoverBackups } from "../runningBackup";
import type { Step } from "../steps";

/** Details of the release that is to serve which decide about its files. */
export interface FilesDeclared {
  readonly tier: Tier;
  readonly release: string;
  /** Name of its Pulumi stack. */
  readonly stack: string;
  /** Ids of the containers that exist and stay. */
  readonly containers: Readonly<Partial<Record<Service, string>>>;
  readonly environment: Readonly<Partial<Record<Service, Environment>>>;
  /** Permission to put files into a bucket that is somebody else's; undefined where the operator has not said. */
  readonly carryFiles?: "yes" | "no";
  /** Certificate of a private authority, PEM. */
  readonly caCertificate?: string;
  /** MiB that must be free on the engine's disk. */
  readonly minimumFreeDisk: number;
}

/**
 * Previews what becomes of files, decided as the switch itself does: both places are asked from a container that is
 * removed again.
 * @returns undefined where nothing is to be carried
 * @throws OperatorError where the switch would stop
 */
export async function previewFiles(
  engine: Engine,
  { install, backups, declared }: { install: Install; backups: HandoverBackups; declared: FilesDeclared },
  facts: Facts,
  steps: readonly Step[],
  candidate: Candidate,
): Promise<(FilesPreview & { readonly carriage: Carriage }) | LeftPreview | undefined> {
  const source = sourceOf(facts, declared, steps);
  if (source === undefined) return undefined;
  const { api, worker, "data-provider": provider } = declared.environment;
  const { stack, carryFiles, caCertificate: authority } = declared;
  const place = placeOf({
    api: environmentList(api),
    provider: provider && { name: "", environment: environmentList(provider) },
    authority,
  });
  const old = membersNamed(facts, source);
  if (place === undefined) return undefined;
  const read = await readSource(engine, source.tier, old, environmentList(worker));
  const { from, lost } = knownSource(facts, source.tier, old, read, place);
  if (from?.place.id === place.id) return undefined;
  const permission = permissionFor(place, carryFiles, steps);
  const named = () => namedIn(engine, { install, backups }, candidate);
  if (from === undefined) {
    const left = await leaveLost(lost, permission, named, stack, backups.stacks.base);
    return left && { left, place: place.title };
  }
  // No container of the new release runs yet that could be asked.
  const to = { place: place.hosted ? place : bucketOf(place) };
  const asked = old.api ?? facts.containers.find(({ service }) => service === "api");
  if (asked === undefined)
    throw new OperatorError({ what: "no release has a container from which its files could be looked at" });
  const between = { install, api: asked, from, to, named };
  const { signal } = new AbortController();
  if (permission === "no")
    return { left: await leave(new Carriage(engine, between), engine, stack, signal), place: place.title };
  const carriage = new Carriage(engine, {
    ...between,
    checkRoom: roomOf(engine, { ...declared, install, backups }, place),
  });
  const count = await countFiles(carriage, engine, stack, signal);
  return { count, place: place.title, permission: permission ?? "unsaid", stuck: carriage.tally.stuck, carriage };
}
