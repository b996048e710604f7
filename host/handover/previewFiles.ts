import type { Engine } from "../engine/engine";
import { Carriage } from "../files/carriage";
import { placeOf, readSide, signedPlace } from "../files/place";
import type { Environment } from "../install/environment";
import type { Facts } from "../install/facts";
import type { Install } from "../install/readFacts";
import type { Service } from "../install/services";
import type { Tier } from "../../settings";
import type { Candidate } from "./candidate";
import { countFiles, membersNamed, permissionFor, readNamed, sourceOf } from "./carryFiles";
import type { FilesPreview } from "./renderPreview";
import type { HandoverBackups } from "./runningBackup";
import type { Step } from "./steps";

/** The release that is to serve, as far as its files go. */
export interface FilesDeclared {
  readonly tier: Tier;
  readonly release: string;
  /** Name of its Pulumi stack. */
  readonly stack: string;
  /** Ids of the containers that exist and stay. */
  readonly containers: Readonly<Partial<Record<Service, string>>>;
  readonly environment: Readonly<Partial<Record<Service, Environment>>>;
  /** Whether files may go into a bucket that is somebody else's; undefined where the operator has not said. */
  readonly carryFiles?: "yes" | "no";
  /** Certificate of a private authority, PEM. */
  readonly caCertificate?: string;
}

/**
 * Counts what a switch would carry, as the switch itself does: both places are asked from a container that goes again.
 * @returns undefined where nothing is to be carried
 */
export async function previewFiles(
  engine: Engine,
  { install, backups, declared }: { install: Install; backups: HandoverBackups; declared: FilesDeclared },
  facts: Facts,
  steps: readonly Step[],
  candidate: Candidate,
): Promise<(FilesPreview & { readonly carriage: Carriage }) | undefined> {
  const source = sourceOf(facts, declared, steps);
  const from = source && (await readSide(engine, membersNamed(facts, source)));
  const { api, "data-provider": provider } = declared.environment;
  const place = placeOf({
    api: listed(api),
    provider: provider && { name: "", environment: listed(provider) },
    authority: declared.caCertificate,
  });
  if (from === undefined || place === undefined || from.place.id === place.id) return undefined;
  const named = () => readNamed(engine, { install, backups }, candidate);
  // Nothing of the release runs yet that could be asked.
  const to = { place: place.hosted ? place : signedPlace(place, listed(provider)), api: from.api };
  const carriage = new Carriage(engine, { install, from, to, named });
  return {
    count: await countFiles(carriage, engine, new AbortController().signal),
    place: place.title,
    permission: permissionFor(place, declared.carryFiles, steps),
    carriage,
  };
}

function listed(environment: Environment = {}): string[] {
  return Object.entries(environment).map(([name, value]) => `${name}=${value}`);
}
