import * as pulumi from "@pulumi/pulumi";
import { composeProblems } from "../../host/adopt/compose/composeProblems";
import { handedChanges } from "../../host/guards/base/handedSettings";
import { takenNames, takenNetwork } from "../../host/guards/base/takenNames";
import { takenPorts } from "../../host/guards/base/takenPorts";
import { identityRefusals, lostStateProblems } from "../../host/guards/identityRefusals";
import { dataServicesOf } from "../../host/install/data/dataPlace";
import { subnetsIn } from "../../host/install/network/addresses";
import { declares, replaceableServices } from "../../host/install/services/bundled";
import type { MissingImage } from "../../host/preflight/images";
import { isSet, setCommand } from "../../settings";
import { setCommand as setGiven, upCommand } from "../../util/commands";
import { renderBlock, type Block } from "../../util/ipv4";
import { renderProblem, type Problem } from "../../util/operatorError";
import { refuse, refuseChanged, refuseDowntime, refuseMissing, refuseUnlessFit } from "../guard";
import type { BaseRun, Identity, Known, Reading } from "./run";

/* Every reason for which base is not brought up. Nothing has been touched by then. */

/** Goes on only where nobody else has the names of base's own. Asked before the lock, which is in the container that has the gateway's name. */
export async function refuseTakenNames({ settings, install, stack }: BaseRun, { namesakes }: Reading): Promise<void> {
  const services = [
    "gateway",
    ...replaceableServices.map(([service]) => service).filter((one) => declares(settings, one)),
  ];
  refuse(doesNotFit(stack), takenNames(await namesakes, { install, stack, services }));
}

/** Goes on only where base fits what it was, what its data says and who uses it. */
export async function refuseMisfit(run: BaseRun, known: Known): Promise<void> {
  const { declared, now } = known;
  refuse(doesNotFit(run.stack), identityProblems(run, known));
  await refuseOtherData(run, known);
  refuseDowntime(declared, now);
  await refuseChanged(handedChanges(declared, now), run.stack, now.releases);
}

function identityProblems({ settings, install, stack }: BaseRun, { identity, evidence }: Known): Problem[] {
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
        keepsData: dataServicesOf(settings),
        startEmpty: isSet("startEmpty"),
        allowDowntime: isSet("allowDowntime"),
        trustSettings: isSet("trustSettings"),
      },
    ),
    ...lostStateProblems(remembered, known, presence, { install, stack }),
    ...strangeNetworks.filter(({ users }) => users.length > 0).map((one) => takenNetwork(one, stack)),
  ];
}

/** The Postgres that was borrowed so far is stopped before its data is moved, so that it is no stranger on its volume. */
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

/** Goes on only where all of base's images are there or to be had. */
export function refuseMissingImages({ images, stack }: BaseRun, missing: readonly MissingImage[]): void {
  const settings = images.filter(({ image }) => missing.some((one) => one.image === image));
  refuseMissing(
    missing,
    settings.map(({ setting }) => setCommand(setting, stack)),
  );
}

/** Refuses to make an empty install where one of compose's is: whoever types that means to go on with it. */
export async function refuseBesideCompose(
  { settings: { borrowedPostgres, postgresVolume, DATABASE_URL }, host, stack }: BaseRun,
  { evidence, identity: { remembered, presence } }: Known,
): Promise<void> {
  // An install whose database has data goes on with it, and one on a database that is somewhere else is not empty.
  if (evidence.volumeMajor !== undefined) return;
  const adopted = [borrowedPostgres, postgresVolume, DATABASE_URL].some((value) => value !== undefined);
  if (remembered !== undefined || adopted || presence.containers.length > 0 || isSet("startEmpty")) return;
  refuse(
    "Scani runs on this engine already, under docker compose. Nothing has been touched.",
    composeProblems(await host.composeProjects(), stack),
  );
}

/** Goes on only where nobody else has a port base publishes. */
export async function refuseTakenPorts({ stack }: BaseRun, reading: Reading): Promise<void> {
  refuse(doesNotFit(stack), takenPorts(await reading.takenPorts, stack));
}

/**
 * The install's own subnet; undefined where Docker gives out the addresses. Goes on only where its networks can be made
 * anew, if they have to be.
 */
export async function chooseSubnet(
  { settings, host, install, stack }: BaseRun,
  { remembered }: Identity,
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
  refuse(
    `Networks of stack ${stack} cannot be made anew yet. Nothing has been touched.`,
    await host.strangers(install, subnetsIn(install, subnet)),
  );
  return subnet;
}

/** What an operator is told of base's services whose addresses Docker gives out. Pure. */
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
