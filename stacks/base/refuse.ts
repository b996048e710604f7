import * as pulumi from "@pulumi/pulumi";
import { composeProblems } from "../../host/adopt/compose/composeProblems";
import { keptCatcher } from "../../host/guards/base/baseRefusals";
import { missingFronts } from "../../host/guards/base/frontNetworks";
import { handedChanges } from "../../host/guards/base/handedSettings";
import { takenNames, takenNetwork } from "../../host/guards/base/takenNames";
import { takenPorts } from "../../host/guards/base/takenPorts";
import { identityRefusals, lostStateProblems } from "../../host/guards/identityRefusals";
import { dataServicesOf } from "../../host/install/data/dataPlace";
import { networkName, subnetsIn } from "../../host/install/network/addresses";
import { declares, replaceableServices } from "../../host/install/services/bundled";
import type { MissingImage } from "../../host/preflight/images";
import { isSet, setCommand } from "../../settings";
import { setCommand as setGiven, upCommand } from "../../util/commands";
import { renderBlock, type Block } from "../../util/ipv4";
import { renderProblem, type Problem } from "../../util/operatorError";
import { refuse, refuseChanged, refuseDowntime, refuseMissing, refuseUnlessFit } from "../guard";
import type { BaseRun, Known, Reading } from "./run";

/* Checks that refuse to bring base up. Nothing has been touched by then. */

/**
 * Refuses where something else has the names of base's own. Checked before the lock is taken, since the lock is in the
 * container with the gateway's name.
 */
export async function refuseTakenNames({ settings, install, stack }: BaseRun, { namesakes }: Reading): Promise<void> {
  const services = [
    "gateway",
    ...replaceableServices.map(([service]) => service).filter((one) => declares(settings, one)),
  ];
  refuse(doesNotFit(stack), takenNames(await namesakes, { install, stack, services }));
}

/** Refuses where base does not fit what it was, what its data says or who uses it. */
export async function refuseMisfit(run: BaseRun, known: Known): Promise<void> {
  const { declared, now } = known;
  refuse(doesNotFit(run.stack), identityProblems(run, known));
  await refuseOtherData(run, known);
  refuseDowntime(declared, now);
  await refuseChanged(handedChanges(declared, now), run.stack, now.releases);
}

function identityProblems({ settings, install, stack, place }: BaseRun, { identity, evidence }: Known): Problem[] {
  const { remembered, known, presence, former, strangeNetworks } = identity;
  return [
    ...identityRefusals(
      remembered,
      { ...former, cluster: evidence.cluster, managed: evidence.managed },
      {
        install,
        installOrigin: settings.origin("name"),
        stack,
        dockerHostOrigin: settings.origin("dockerHost"),
        databaseOrigin: settings.origin("DATABASE_URL"),
        postgresVolume: settings.borrowedPostgres === undefined ? place.postgres?.volume : undefined,
        postgresVolumeOrigin: settings.origin("postgresVolume"),
        keepsData: dataServicesOf(settings),
        startEmpty: isSet("startEmpty"),
        allowDowntime: isSet("allowDowntime"),
        trustSettings: isSet("trustSettings"),
      },
    ),
    ...lostStateProblems(remembered, known, presence, { install, stack }),
    ...missingFronts(settings.frontNetworks, settings.origin("frontNetworks"), presence, stack),
    ...strangeNetworks.filter(({ users }) => users.length > 0).map((one) => takenNetwork(one, stack)),
  ];
}

/**
 * Refuses where the data does not fit the settings. A Postgres that was borrowed so far is stopped before its data is
 * moved, so it counts as no stranger on its volume.
 */
function refuseOtherData({ place, stack }: BaseRun, { identity, evidence, declared }: Known): Promise<void> {
  const before = identity.remembered?.backups?.postgres;
  const strangers = evidence.strangers.filter(({ container }) => container !== before);
  return refuseUnlessFit(
    { ...evidence, strangers },
    {
      place,
      baseStack: stack,
      encryptionKey: declared.settings.ENCRYPTION_KEY?.value,
      databasePassword: declared.settings.POSTGRES_PASSWORD?.value,
    },
  );
}

/**
 * Refuses where a Postgres image that was not on the engine until now does not fit the data: only then does it say which
 * version it is and where it keeps its data.
 */
export async function refuseBroughtPostgres(run: BaseRun, brought: readonly string[], known: Known): Promise<void> {
  const { host, place } = run;
  if (place.postgres?.image === undefined || !brought.includes(place.postgres.image)) return;
  await refuseOtherData(run, { ...known, evidence: await host.evidence(place) });
}

/** Refuses where an image of base is neither on the engine nor can be pulled. */
export function refuseMissingImages({ images, stack }: BaseRun, missing: readonly MissingImage[]): void {
  const settings = images.filter(({ image }) => missing.some((one) => one.image === image));
  refuseMissing(
    missing,
    settings.map(({ setting }) => setCommand(setting, stack)),
  );
}

/** Refuses to make an empty install where compose runs one: the operator means to go on with that. */
export async function refuseBesideCompose(
  { settings: { borrowedPostgres, postgresVolume, DATABASE_URL }, host, stack }: BaseRun,
  { evidence, identity: { remembered, presence } }: Known,
): Promise<void> {
  // An install with data in its volume goes on with it, and one whose database is elsewhere is not empty.
  if (evidence.volumeMajor !== undefined) return;
  const adopted = [borrowedPostgres, postgresVolume, DATABASE_URL].some((value) => value !== undefined);
  if (remembered !== undefined || adopted || presence.containers.length > 0 || isSet("startEmpty")) return;
  refuse(
    "Scani runs on this engine already, under docker compose. Nothing has been touched.",
    composeProblems(await host.composeProjects(), stack),
  );
}

/** Refuses where something else has a port base publishes. */
export async function refuseTakenPorts({ stack }: BaseRun, reading: Reading): Promise<void> {
  refuse(doesNotFit(stack), takenPorts(await reading.takenPorts, stack));
}

/**
 * Chooses the install's own subnet; undefined where Docker assigns the addresses. Refuses where networks would have to
 * be recreated and cannot be yet.
 */
export async function chooseSubnet(
  { settings, host, install, stack }: BaseRun,
  { identity: { remembered }, declared, now }: Known,
): Promise<Block | undefined> {
  const choice = await host.subnet({
    install,
    stack,
    named: settings.subnet,
    remembered: remembered?.subnet,
    image: settings.gatewayImage,
  });
  const subnet = "own" in choice ? choice.own : undefined;
  if ("free" in choice) await pulumi.log.info(renderProblem(mayMove(stack, choice.free)));
  const hasCatcher = declares(settings, "mail") || keptCatcher(declared, now) !== undefined;
  const dropped = hasCatcher ? [] : [networkName(install, "mail")];
  refuse(
    `Networks of stack ${stack} cannot be made anew or removed yet. Nothing has been touched.`,
    await host.strangers(install, { subnets: subnetsIn(install, subnet), dropped }),
  );
  return subnet;
}

/** Describes how base's services, whose addresses Docker assigns, get fixed ones. Pure. */
function mayMove(stack: string, free: Block): Problem {
  return {
    what: "Base's services have no addresses of their own: one that is restarted may get another, which a release that runs would not find.",
    why: "They can be moved. Requests wait about 20 s meanwhile; whoever does not wait that long sees an error.",
    type: [setGiven("subnet", stack, { value: renderBlock(free) }), upCommand(stack)],
  };
}

function doesNotFit(stack: string): string {
  return `Stack ${stack} does not fit what is on this engine. Nothing has been touched.`;
}
