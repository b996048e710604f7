import * as pulumi from "@pulumi/pulumi";
import { Network } from "@pulumi/docker/network";
import { Volume } from "@pulumi/docker/volume";
import type { Container } from "@pulumi/docker/container";
import type { Platform, Sockets } from "../../host/install/platform";
import { hardenedContainer } from "../container/hardened";
import { label, labelList } from "../../host/install/labels";
import { stampOf, type Stamps } from "../../host/install/stamps";
import { certificateOf, type Settings, type Tier } from "../../settings";
import { caFolder } from "../../host/install/caCertificate";
import { environments } from "./environment";
import type { Environment } from "../../host/install/environment";
import { releaseId } from "./identity";
import { servicesOf, type Service } from "../../host/install/services";
import { shapesOf, type ServiceShape } from "./shape";

export interface ReleaseArgs {
  readonly settings: Settings<Tier>;
  readonly platform: pulumi.Output<Platform>;
  readonly sockets: pulumi.Output<Sockets>;
  /** Reads when each of an install's containers was made. */
  readonly stamps: (install: string) => Promise<Stamps>;
}

/**
 * One release of Scani: declared, not started. The Handover starts it. A change to any of its contents makes another
 * release, whose containers Pulumi creates beside the old ones.
 */
export class Release extends pulumi.ComponentResource {
  /** Short name of these contents. */
  readonly id: pulumi.Output<string>;
  /** Environment of each service; secret. */
  readonly environment: pulumi.Output<Record<Service, Environment>>;
  readonly images: Partial<Record<Service, string>>;
  readonly containers: Partial<Record<Service, Container>> = {};
  readonly network: Network;

  constructor(name: string, args: ReleaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("scani:release:Release", name, {}, opts);
    const { settings, platform, sockets } = args;
    const { tier } = settings;
    const declared = servicesOf(tier);
    const shapes = shapesOf(settings);
    const certificate = certificateOf(settings);

    this.images = Object.fromEntries(declared.map((service) => [service, shapes[service]?.image]));
    this.environment = platform.apply((values) => environments(settings, values));
    this.id = pulumi.unsecret(
      this.environment.apply((environment) =>
        releaseId({
          tier,
          images: this.images,
          certificate,
          environment: Object.fromEntries(declared.map((service) => [service, environment[service]])),
          memory: Object.fromEntries(declared.map((service) => [service, shapes[service]?.memory])),
          entrypoint: Object.fromEntries(declared.map((service) => [service, shapes[service]?.entrypoint])),
        }),
      ),
    );

    const install = sockets.install;
    const stamps = install.apply(args.stamps);
    const labelsOf = (service?: Service) =>
      pulumi.all([install, this.id, stamps]).apply(([named, id, made]) => ({
        [label.install]: named,
        [label.tier]: tier,
        [label.release]: id,
        ...(service === undefined ? {} : { [label.service]: service, [label.made]: stampOf(made, service, id) }),
      }));

    // A network of its own, so that `data-provider` and `api` name this release's containers and no other's.
    this.network = new Network(
      `${name}-net`,
      {
        driver: "bridge",
        labels: labelsOf().apply(labelList),
      },
      { parent: this },
    );

    const certificates =
      certificate === undefined
        ? undefined
        : new Volume(`${name}-ca`, { labels: labelsOf().apply(labelList) }, { parent: this });
    for (const service of declared) {
      const shape = shapes[service];
      if (shape === undefined) throw new Error(`${tier} declares ${service} without a shape`);
      this.containers[service] = hardenedContainer(
        `${name}-${service}`,
        {
          ...shape,
          labels: labelsOf(service),
          environment: this.environment.apply((environment) => environment[service] as Record<string, string>),
          networks: this.joined(shape.networks, service, sockets),
          volumes:
            certificates !== undefined && (service === "api" || service === "worker")
              ? [{ volumeName: certificates.name, containerPath: caFolder }]
              : undefined,
          command: service === "migrate" ? migrateCommand(platform) : undefined,
          runs: service === "migrate" ? "once" : "handover",
        },
        { parent: this },
      );
    }
    this.registerOutputs({ id: this.id });
  }

  private joined(roles: ServiceShape["networks"], service: Service, sockets: pulumi.Output<Sockets>) {
    return pulumi.all([sockets.networks, this.network.name]).apply(([networks, own]) =>
      roles.flatMap((role) => {
        const name = role === "release" ? own : networks[role];
        return name === undefined ? [] : [{ name, aliases: role === "release" ? [service] : [] }];
      }),
    );
  }
}

/**
 * The migrator rewrites a database only when its host is named on the command line. The host is no secret; the URL
 * around it is.
 */
function migrateCommand(platform: pulumi.Output<Platform>): pulumi.Output<string[]> {
  return pulumi.unsecret(
    platform.apply(({ DATABASE_URL }) => ["/app/migrate", "--allow-remote", new URL(DATABASE_URL).hostname]),
  );
}
