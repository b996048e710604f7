import { details, type Engine } from "../engine/engine";
import { answerOf } from "../scani/cloud/classify";
import { valueIn } from "../install/services/environment";
import { OperatorError, problemsOf } from "../../util/operatorError";
import type { ReleaseContainer, Wanted } from "../install/facts";
import type { Install } from "../install/readFacts";
import { newerIn, type Schema } from "../scani/migrations/pending";
import type { Progress } from "../../util/progress/progress";
import type { Service } from "../install/services/release";
import { allows, originOf } from "../install/storage/connectSrc";
import { checkDisk } from "./disk";
import { withProbe } from "./probe";
import { remedy } from "./remedy";
import { newerProblem, tagOf } from "./schema";
import { hostedBucket, managedBucket, checkUploads, openPages, type UploadsOrder } from "./uploads";

/** Inputs of a preflight. */
export interface PreflightOrder {
  readonly install: Install;
  readonly wanted: Wanted;
  /** Name of the Pulumi stack, for the commands in its messages. */
  readonly stack: string;
  /** Name of base's stack. */
  readonly baseStack: string;
  /** True where base has an S3 server of its own. */
  readonly ownBucket: boolean;
  /** Certificate of a private authority, PEM. */
  readonly caCertificate?: string;
  /** MiB that must be free on the engine's disk. */
  readonly minimumFreeDisk: number;
}

/** Facts about the host before a switch. */
export interface Known {
  /** The serving release's api and frontend-app. */
  readonly serving?: ReleaseContainer;
  readonly servingPage?: ReleaseContainer;
  /** Migrations of the image and of the database, still being read. */
  readonly schema: Promise<Schema>;
}

/**
 * Checks, before anything is migrated or started, whether a switch can succeed: free disk space, a schema the images
 * know, on tier 2 the hosted endpoint, called from inside the release's networks with its own key, and the bucket pages
 * upload to where that is somebody else's. Images need no check: the engine has created the release's containers.
 * @throws OperatorError with every problem at once, each with its cause and what to do
 */
export async function preflight(
  engine: Engine,
  order: PreflightOrder,
  known: Known,
  progress: Progress,
): Promise<void> {
  const { install, wanted, minimumFreeDisk } = order;
  const [schema, ...others] = await Promise.allSettled([
    checkSchema(engine, order, known),
    checkDisk(engine, install.gateway, minimumFreeDisk, order),
    wanted.tier === "tier2" || !order.ownBucket ? checkOutside(engine, order, known, progress) : undefined,
  ]);
  const problems = [schema, ...others].flatMap((one) => (one.status === "rejected" ? problemsOf(one.reason) : []));
  if (schema.status === "rejected" || problems.length > 0) throw new OperatorError(problems);
  if (schema.value.applied === undefined)
    progress.note(
      "no ledger of migrations can be read (a managed database, or a new one): the migrator checks the schema itself",
    );
}

function idOf(wanted: Wanted, service: Service): string {
  const id = wanted.containers[service];
  if (id === undefined) throw new Error(`${wanted.tier} was planned without ${service}`);
  return id;
}

async function checkSchema(engine: Engine, { wanted, stack }: PreflightOrder, known: Known): Promise<Schema> {
  const schema = await known.schema;
  const names = newerIn(schema);
  if (names.length === 0) return schema;
  const tag = async (id: string) => tagOf((await details(engine, id)).image);
  throw new OperatorError(
    newerProblem({
      names,
      stack,
      wantedTag: await tag(idOf(wanted, "migrate")),
      servingTag: known.serving && (await tag(known.serving.id)),
    }),
  );
}

/** Checks services outside this install: tier 2's endpoint, and the bucket. */
async function checkOutside(
  engine: Engine,
  order: PreflightOrder,
  { servingPage }: Known,
  progress: Progress,
): Promise<void> {
  const { install, wanted, stack, caCertificate } = order;
  const [api, frontend] = await Promise.all([
    details(engine, idOf(wanted, "api")),
    details(engine, idOf(wanted, "frontend-app")),
  ]);
  const url = valueIn(api.environment, "SCANI_CLOUD_URL");
  const key = valueIn(api.environment, "SCANI_CLOUD_API_KEY");
  const uploads: UploadsOrder = {
    ...order,
    page: originOf(valueIn(api.environment, "FRONTEND_URL")),
    policy: valueIn(frontend.environment, "CSP_CONNECT_SRC"),
  };
  await withProbe(engine, { install: install.name, api, url, key, caCertificate, stack }, async (probe) => {
    const hosted = wanted.tier === "tier2";
    const bucket = hosted
      ? hostedBucket(url, probe, uploads)
      : managedBucket((await details(engine, idOf(wanted, "data-provider"))).environment, probe, uploads);
    // Requested together with the endpoint's status, whose own problem is reported first.
    const place = bucket.place();
    place.catch(() => undefined);
    if (hosted) {
      const answer = answerOf(url, await probe.call());
      if (!answer.ok)
        throw new OperatorError({
          what: answer.why,
          ...remedy(answer.cause, { stack, privateAuthority: caCertificate !== undefined }),
        });
      progress.note(`${url} accepts the key`);
    }
    const { origin, problems } = await checkUploads(bucket, await place, probe, uploads);
    if (problems.length > 0) throw new OperatorError(problems);
    progress.note(`a page can upload: ${origin} accepted a file, which was found again and removed`);
    const open = servingPage && valueIn((await details(engine, servingPage.id)).environment, "CSP_CONNECT_SRC");
    if (open !== undefined && origin !== undefined && !allows(open, origin, uploads.page))
      progress.note(openPages(origin));
  });
}
