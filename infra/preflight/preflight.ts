import type Docker from "dockerode";
import { judge } from "../cloud/judge";
import { valueIn } from "../container/environment";
import { HostFailure, messageOf } from "../engine/failure";
import type { LiveContainer } from "../handover/live";
import type { Wanted } from "../handover/plan";
import type { Install } from "../handover/survey";
import { newerIn, type Schema } from "../migrations/pending";
import type { Progress } from "../progress/progress";
import type { Service } from "../release/services";
import { checkDisk } from "./disk";
import { probe } from "./probe";
import { remedy } from "./remedy";
import { newerProblem, tagOf } from "./schema";

/** What a preflight is told. */
export interface PreflightOrder {
  readonly install: Install;
  readonly wanted: Wanted;
  /** Name of the Pulumi stack, for the commands in its messages. */
  readonly stack: string;
  /** Certificate of a private authority, PEM. */
  readonly caCertificate?: string;
  /** MiB that must be free on the engine's disk. */
  readonly minimumFreeDisk: number;
}

/** What is known on the host before a switch. */
export interface Known {
  /** The api that serves. */
  readonly serving?: LiveContainer;
  /** What the images ship and the database has had; being read. */
  readonly schema: Promise<Schema>;
}

/**
 * Looks whether a switch can go well, before anything is migrated or started: room on the disk, a schema the images know,
 * and on tier 2 the hosted endpoint, asked from inside the release's networks with its own key. The images need no look:
 * the release's containers exist by now, and the engine made them from images it has.
 * @throws HostFailure with every problem at once, each with its cause and what to do
 */
export async function preflight(docker: Docker, order: PreflightOrder, known: Known, progress: Progress): Promise<void> {
  const { install, wanted, stack, minimumFreeDisk } = order;
  const [schema, ...others] = await Promise.allSettled([
    checkSchema(docker, order, known),
    checkDisk(docker, install.gateway, minimumFreeDisk, stack),
    wanted.tier === "tier2" ? checkEndpoint(docker, order, progress) : undefined,
  ]);
  const problems = [schema, ...others].flatMap((one) => (one.status === "rejected" ? [messageOf(one.reason)] : []));
  if (schema.status === "rejected" || problems.length > 0) throw new HostFailure(problems.join("\n"));
  if (schema.value.applied === undefined) progress.note("no record of migrations can be read (a managed database, or a new one): the migrator judges the schema");
}

function idOf(wanted: Wanted, service: Service): string {
  const id = wanted.containers[service];
  if (id === undefined) throw new Error(`${wanted.tier} was planned without ${service}`);
  return id;
}

async function checkSchema(docker: Docker, { wanted, stack }: PreflightOrder, known: Known): Promise<Schema> {
  const schema = await known.schema;
  const names = newerIn(schema);
  if (names.length === 0) return schema;
  const tag = async (id: string) => tagOf((await docker.getContainer(id).inspect()).Config.Image);
  throw new HostFailure(newerProblem({ names, stack, wantedTag: await tag(idOf(wanted, "migrate")), servingTag: known.serving && await tag(known.serving.id) }));
}

async function checkEndpoint(docker: Docker, { install, wanted, stack, caCertificate }: PreflightOrder, progress: Progress): Promise<void> {
  const api = await docker.getContainer(idOf(wanted, "api")).inspect();
  const url = valueIn(api.Config.Env, "SCANI_CLOUD_URL");
  const key = valueIn(api.Config.Env, "SCANI_CLOUD_API_KEY");
  const heard = await probe(docker, { install: install.name, api, url, key, caCertificate, stack });
  const judged = judge(url, heard);
  if (!judged.ok) throw new HostFailure(`${judged.why}\n${remedy(judged.cause, { stack, privateAuthority: caCertificate !== undefined })}`);
  progress.note(`${url} accepts the key; AI import is ${judged.aiImport ? "available" : "not available"} there`);
}
