import * as pulumi from "@pulumi/pulumi";
import type { CreationTimestamps } from "../../host/install/drift/creationTimestamps";
import { originOf } from "../../host/install/storage/connectSrc";
import type { EngineIdentity } from "../../host/install/presence";
import { vapidPublicKey, type Settings } from "../../settings";
import { bundles } from "../../host/install/services/bundled";
import { containerName } from "../../host/install/names/containerName";
import { postgresDataIn } from "../../host/install/data/postgresData";
import type { BaseContext } from "./context";
import { DataMove } from "./dataMove";
import { gateway } from "./gateway";
import { Hold } from "./hold";
import { mail, mailUrl } from "./mail";
import { Networks } from "./networks";
import type { Platform, BaseOutputs } from "../../host/install/platform";
import type { Limits } from "../../host/install/drift/alteration";
import type { HoldInputs } from "../../host/install/resources";
import { derivedAddresses, localAddress, platformOf } from "./platform";
import { postgres } from "./postgres";
import { redis } from "./redis";
import { Secrets } from "./secrets";
import { BaseService, describeService, type BaseServiceArgs } from "./service";
import { BaseReady } from "./baseReady";
import { storage, storageUrl } from "./storage";
import { addressesIn, networkName, subnetsIn, type BaseAddresses } from "../../host/install/network/addresses";
import { renderBlock, type Block } from "../../util/ipv4";

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
   * @param subnet the install's own; undefined where Docker gives out the addresses
   * @param database identity of the database that is there, as far as it is known
   * @param limits of the containers that are there, by service
   * @param copies ids of containers that have the names of services, and are removed before those are made
   * @returns `platform`, one secret output with everything a release needs to know, where a release plugs in, and what
   * a preview compares with the engine; `drifted`, services whose containers are made anew for their limits
   */
  declare(
    timestamps: CreationTimestamps,
    fingerprints: pulumi.Output<string>,
    engine: EngineIdentity,
    subnet: Block | undefined,
    database: Pick<BaseOutputs, "cluster" | "managed"> = {},
    limits: Readonly<Record<string, Limits>> = {},
    copies: readonly string[] = [],
  ): {
    platform: pulumi.Output<Platform>;
    sockets: pulumi.Output<BaseOutputs>;
    declared: pulumi.Output<HoldInputs>;
    drifted: readonly string[];
  } {
    const { settings, secrets } = this;
    const inside = { parent: this };
    const install = settings.name;
    const catchMail = bundles(settings, "mail");

    const addresses: Partial<BaseAddresses> = subnet === undefined ? {} : addressesIn(subnet);
    const networks = new Networks({ install, mail: catchMail, timestamps, addresses }, inside);
    const context: BaseContext = { settings, secrets, timestamps, addresses };
    const bundled = bundles(settings, "postgres") ? postgres(context) : undefined;
    const { borrowedPostgres, postgresVolume, postgresFolder, frontNetworks, portHolder } = settings;
    const borrowed = bundled && borrowedPostgres;
    const cache = bundles(settings, "redis") ? redis(context) : undefined;
    const bucket = bundles(settings, "storage") ? settings.S3_BUCKET : undefined;

    const key = secrets.get("ENCRYPTION_KEY");
    // The gateway has no digest label: adding one would replace the gateway of existing installs, with a gap.
    const gatewayDescribed = describeService("gateway", gateway(context), limits.gateway);
    const gatewayService = new BaseService(gatewayDescribed, networks, inside);
    const replaceable: Readonly<Record<string, BaseServiceArgs | undefined>> = {
      postgres: borrowed === undefined ? bundled?.args : undefined,
      redis: cache?.args,
      storage: bucket === undefined ? undefined : storage(context),
      mail: catchMail ? mail(context) : undefined,
    };
    const described = Object.entries(replaceable).flatMap(([service, args]) =>
      args === undefined ? [] : [describeService(service, args, limits[service], key)],
    );
    const contents = Object.fromEntries(
      described.flatMap((one) => (one.contents === undefined ? [] : [[one.service, one.contents]])),
    );
    const subnets = subnetsIn(install, subnet, catchMail ? ["data", "mail"] : ["data"]);
    const held = { install, dockerHost: settings.dockerHost, subnets };
    const hold = new Hold("hold", { ...held, contents, copies, gateway: gatewayService }, inside);
    networks.declareFixed(hold);
    // Requests are held by then, since Postgres is yet to be made.
    const move =
      bundled === undefined || postgresVolume === undefined || postgresFolder === undefined
        ? undefined
        : new DataMove(
            "data-move",
            {
              install,
              dockerHost: settings.dockerHost,
              volume: postgresVolume,
              folder: postgresFolder,
              image: settings.postgresImage,
            },
            { ...inside, dependsOn: [hold] },
          );
    const before = (service: string) => (service === "postgres" && move !== undefined ? [hold, move] : [hold]);
    const running = [
      ...described.map((one) => new BaseService(one, networks, { ...inside, dependsOn: before(one.service) })),
      gatewayService,
    ];

    const address = localAddress(settings.FRONTEND_PORT);
    const derived = derivedAddresses(settings);
    const platform = platformOf(settings, secrets, {
      ...derived,
      DATABASE_URL: bundled?.url,
      REDIS_URL: cache?.url,
      S3_ENDPOINT: bucket && storageUrl,
      S3_PUBLIC_ENDPOINT: bucket && derived.S3_PUBLIC_ENDPOINT,
      SMTP_URL: catchMail ? mailUrl : undefined,
      VAPID_PUBLIC_KEY: secrets.get("VAPID_PRIVATE_KEY").apply((key) => vapidPublicKey(key) ?? ""),
    });

    const baseReady = new BaseReady(
      "standing",
      {
        install,
        dockerHost: settings.dockerHost,
        engine: engine.id,
        services: running,
        fingerprints: bundled && borrowed === undefined ? fingerprints : undefined,
        postgresData: bundled && postgresFolder && postgresDataIn(postgresFolder),
        connections: [
          ...(borrowed === undefined
            ? []
            : [
                {
                  container: borrowed,
                  network: networkName(install, "data"),
                  names: ["postgres"],
                  address: addresses.data?.fixed.postgres,
                },
              ]),
          ...(frontNetworks?.split(",") ?? []).map((network) => ({
            container: gatewayService.containerName,
            network,
            names: settings.frontNames.split(","),
          })),
        ],
        bucket,
        portHolder,
        after: [secrets, networks, hold],
      },
      inside,
    );
    const edge = networkName(install, "edge");
    // Waits until all are ready, so that a tier stack that reads this can begin at once.
    const ids = pulumi.all(running.map(({ container }) => container.id));
    const sockets: pulumi.Output<BaseOutputs> = pulumi
      .all([ids, baseReady.cluster, baseReady.id])
      .apply(([containerIds, found]) => ({
        install,
        networks: {
          edge,
          data: networkName(install, "data"),
          mail: catchMail ? networkName(install, "mail") : undefined,
        },
        gateway: gatewayService.containerName,
        subnet: subnet && renderBlock(subnet),
        address,
        stack: pulumi.getStack(),
        uploads: originOf(settings.S3_PUBLIC_ENDPOINT ?? settings.S3_ENDPOINT ?? derived.FRONTEND_URL),
        engine,
        cluster: found ?? database.cluster,
        managed: database.managed,
        services: running.map(({ service, containerName, volumeName }: BaseService, index) => ({
          service,
          container: containerName,
          volume: volumeName,
          id: containerIds[index],
        })),
        backups: {
          directory: settings.backupDirectory,
          maxAge: settings.backupMaxAge,
          kept: settings.backupsKept,
          postgres: borrowed ?? (bundled && containerName(install, "postgres")),
          image: settings.postgresImage,
          // The data network has no way out, and a managed Postgres is out there.
          network: edge,
          authority: settings.caCertificate,
        },
      }));
    this.registerOutputs({ platform, sockets });
    const declared = pulumi.output(contents).apply((digests) => ({ ...held, contents: digests }));
    const drifted = [gatewayDescribed, ...described].filter((one) => one.drifted).map(({ service }) => service);
    return { platform, sockets, declared, drifted };
  }
}
