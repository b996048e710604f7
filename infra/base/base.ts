import * as pulumi from "@pulumi/pulumi";
import type { CreationTimestamps } from "../../host/install/creationTimestamps";
import { originOf } from "../../host/install/connectSrc";
import type { EngineIdentity } from "../../host/install/presence";
import type { Settings } from "../../settings";
import { bundles } from "../../host/install/bundled";
import type { BaseContext } from "./context";
import { gateway } from "./gateway";
import { mail } from "./mail";
import { Networks } from "./networks";
import type { Platform, Sockets } from "../../host/install/platform";
import { platformOf } from "./platform";
import { postgres } from "./postgres";
import { redis } from "./redis";
import { Secrets } from "./secrets";
import type { BaseService } from "./service";
import { BaseReady } from "./baseReady";
import { storage } from "./storage";

/** What outlives every release: networks, data services, secrets and the gateway. */
export class Base extends pulumi.ComponentResource {
  readonly secrets: Secrets;

  /** Declares the secrets alone, so that they can be held against the data that is there before anything else comes. */
  constructor(
    private readonly settings: Settings<"base">,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("scani:base:Base", "base", {}, opts);
    this.secrets = new Secrets(settings, { parent: this });
  }

  /**
   * Declares everything else.
   * @param fingerprints of the secrets, kept beside the data that is made with them; secret
   * @param engine the engine it is declared on
   * @returns `platform`, one secret output with everything a release needs to know, and where a release plugs in
   */
  declare(
    timestamps: CreationTimestamps,
    fingerprints: pulumi.Output<string>,
    engine: EngineIdentity,
  ): { platform: pulumi.Output<Platform>; sockets: pulumi.Output<Sockets> } {
    const { settings, secrets } = this;
    const inside = { parent: this };
    const install = settings.name;
    const catchMail = bundles(settings, "mail");

    const networks = new Networks({ install, mail: catchMail, timestamps }, inside);
    const context: BaseContext = { settings, secrets, networks, timestamps };
    const database = bundles(settings, "postgres") ? postgres(context, inside) : undefined;
    const cache = bundles(settings, "redis") ? redis(context, inside) : undefined;
    const objects = bundles(settings, "storage") ? storage(context, inside) : undefined;
    const mailbox = catchMail ? mail(context, inside) : undefined;
    const front = gateway(context, inside);

    const address = `http://localhost:${settings.FRONTEND_PORT}`;
    const frontendUrl = settings.FRONTEND_URL ?? address;
    const platform = platformOf(settings, secrets, {
      DATABASE_URL: database?.url,
      REDIS_URL: cache?.url,
      S3_ENDPOINT: objects?.endpoint,
      // Browsers reach the bundled S3 server through the gateway, under the page's own address.
      S3_PUBLIC_ENDPOINT: objects && originOf(frontendUrl),
      SMTP_URL: mailbox?.url,
      FRONTEND_URL: frontendUrl,
      BACKEND_URL: frontendUrl,
    });

    const running = [database, cache, objects, mailbox, front].flatMap((part) => part?.service ?? []);
    const baseReady = new BaseReady(
      "standing",
      {
        install,
        dockerHost: settings.dockerHost,
        engine: engine.id,
        services: running,
        fingerprints: database && fingerprints,
        bucket: objects && settings.S3_BUCKET,
        after: [secrets, networks],
      },
      inside,
    );
    const edge = `${install}-edge`;
    // Waits until all are ready, so that a tier stack that reads this can begin at once.
    const ids = pulumi.all(running.map(({ container }) => container.id));
    const sockets: pulumi.Output<Sockets> = pulumi.all([ids, baseReady.id]).apply(([containerIds]) => ({
      install,
      networks: { edge, data: `${install}-data`, mail: catchMail ? `${install}-mail` : undefined },
      gateway: front.service.containerName,
      address,
      stack: pulumi.getStack(),
      uploads: originOf(settings.S3_PUBLIC_ENDPOINT ?? settings.S3_ENDPOINT ?? frontendUrl),
      engine,
      services: running.map(({ service, containerName, volumeName, made }: BaseService, index) => ({
        service,
        container: containerName,
        volume: volumeName,
        id: containerIds[index],
        made,
      })),
      backups: {
        directory: settings.backupDirectory,
        maxAge: settings.backupMaxAge,
        kept: settings.backupsKept,
        postgres: database?.service.containerName,
        image: settings.postgresImage,
        // The data network has no way out, and a managed Postgres is out there.
        network: edge,
        authority: settings.caCertificate,
      },
    }));
    this.registerOutputs({ platform, sockets });
    return { platform, sockets };
  }
}
