import * as pulumi from "@pulumi/pulumi";
import { keptCatcher } from "../host/guards/base/baseRefusals";
import { rememberedManaged } from "../host/guards/identityRefusals";
import { creationTimestamps } from "../host/install/drift/creationTimestamps";
import { containerName } from "../host/install/names/containerName";
import { Base, type DeclareArgs } from "../infra/base/base";
import type { Settings } from "../settings";
import { announce, warnOfCatcher, warnOfDrift } from "./base/announce";
import { bringImages, clearCopies, makeLostVolumes } from "./base/makeRoom";
import {
  chooseSubnet,
  refuseBesideCompose,
  refuseBroughtPostgres,
  refuseMisfit,
  refuseMissingImages,
  refuseTakenNames,
  refuseTakenPorts,
} from "./base/refuse";
import {
  beginReading,
  declaredBase,
  imagesOf,
  readIdentity,
  runOf,
  type BaseRun,
  type Known,
  type Reading,
} from "./base/run";
import { sayUnread } from "./guard";
import type { Host } from "./host";
import { providersOf } from "./providers";

/** Declares what outlives every release, once nothing refuses it. */
export async function baseStack(
  settings: Settings<"base">,
  host: Host,
): Promise<Record<string, pulumi.Output<unknown>>> {
  const run = runOf(settings, host);
  const { engine, host: own } = providersOf(host.dockerProvider(imagesOf(run)));
  const reading = beginReading(run);
  await refuseTakenNames(run, reading);
  await host.lock(containerName(run.install, "gateway"));
  const identifying = readIdentity(run);
  identifying.catch(() => undefined);
  const base = new Base(settings, { providers: [engine, own] });
  const known = await allKnown(run, base, reading, identifying);

  await refuseMisfit(run, known);
  refuseMissingImages(run, await reading.missingImages);
  await refuseBesideCompose(run, known);
  await refuseTakenPorts(run, reading);
  const subnet = await chooseSubnet(run, known);

  const imageIds = await reading.imageIds;
  const absent = imagesOf(run).filter((name) => imageIds[name] === undefined);
  await bringImages(run, absent);
  await refuseBroughtPostgres(run, absent, known);
  const copies = await clearCopies(run, known.identity);
  await makeLostVolumes(run, known.identity);

  const args = { ...declareArgs(run, base, known, imageIds), subnet, copies };
  const declared = base.declare(args);
  await warnOfDrift(run, known.identity, declared.drifted);
  await warnOfCatcher(run, known);
  await announce(run, declared, known, args.timestamps, absent);
  return { platform: declared.platform, sockets: declared.outputs };
}

async function allKnown(
  run: BaseRun,
  { secrets }: Base,
  reading: Reading,
  identifying: Promise<Known["identity"]>,
): Promise<Known> {
  const [identity, evidence, now, declared] = await Promise.all([
    identifying,
    reading.evidence,
    reading.now,
    declaredBase(run, secrets),
  ]);
  await sayUnread(evidence);
  return { identity, evidence, now, declared };
}

/** Derives the arguments base is declared with from what is known. */
function declareArgs(
  { settings, host, images }: BaseRun,
  { secrets }: Base,
  { identity, evidence, now, declared }: Known,
  imageIds: Readonly<Record<string, string>>,
): Omit<DeclareArgs, "subnet" | "copies"> {
  const { known, presence, remembered } = identity;
  const idsByService = Object.fromEntries(
    images.flatMap(({ service, image }) => (imageIds[image] === undefined ? [] : [[service, imageIds[image]]])),
  );
  const [encryptionKey, databasePassword] = [secrets.get("ENCRYPTION_KEY"), secrets.get("POSTGRES_PASSWORD")];
  return {
    timestamps: creationTimestamps(presence, known, idsByService),
    fingerprints: pulumi.secret(
      pulumi
        .output({ encryptionKey, databasePassword })
        .apply((made) => host.fingerprints(evidence.fingerprints, settings.POSTGRES_USER, made)),
    ),
    engine: presence.engine,
    database: { cluster: evidence.cluster, managed: rememberedManaged(remembered, evidence.managed) },
    keptCatcher: keptCatcher(declared, now)?.image,
    limits: Object.fromEntries(Object.entries(now.services).map(([service, { limits }]) => [service, limits])),
  };
}
