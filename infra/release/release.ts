import * as pulumi from "@pulumi/pulumi";
import { Network } from "@pulumi/docker/network";
import { Volume } from "@pulumi/docker/volume";
import type { Container } from "@pulumi/docker/container";
import type { Platform, BaseOutputs } from "../../host/install/platform";
import { hardenedContainer } from "../container/hardened";
import { label, labelList } from "../../host/install/names/labels";
import {
  releaseContainerTimestamp,
  releaseNetworkTimestamp,
  releaseVolumeTimestamp,
  type CreationTimestamps,
  type TimestampLabel,
} from "../../host/install/drift/creationTimestamps";
import { type Settings, type Tier } from "../../settings";
import { caFolder } from "../../host/install/services/releaseVariables";
import { environments } from "./environment";
import type { Environment } from "../../host/install/services/environment";
import { releaseIdOn, type MadeOfImage } from "./identity";
import { networksOf } from "../../host/install/drift/alteration";
import { releaseImages } from "../../host/install/services/images";
import { runsOf, servicesOf, type Service } from "../../host/install/services/release";
import { shapesOf } from "./shape";

/** Contents a release is named by, besides what base hands to it. */
export interface ReleaseNaming {
  readonly settings: Settings<Tier>;
  /** Ids of the images on the engine, by their names. */
  readonly imageIds: Readonly<Record<string, string>>;
  /** Containers of releases on the engine. */
  readonly onEngine: readonly MadeOfImage[];
}

export interface ReleaseArgs extends ReleaseNaming {
  readonly platform: pulumi.Output<Platform>;
  readonly baseOutputs: pulumi.Output<BaseOutputs>;
  readonly timestamps: CreationTimestamps;
}

/** Returns the name of a release on this engine, known before anything of it is declared. Pure. */
export function releaseNameOf({ settings, imageIds, onEngine }: ReleaseNaming, platform: Platform): string {
  const [shapes, images, environment] = [shapesOf(settings), releaseImages(settings), environments(settings, platform)];
  const ofEach = <T>(value: (service: Service) => T | undefined): Partial<Record<Service, T>> =>
    Object.fromEntries(servicesOf(settings.tier).map((service) => [service, value(service)]));
  return releaseIdOn(
    {
      tier: settings.tier,
      images,
      certificate: settings.caCertificate,
      environment: ofEach((service) => environment[service]),
      memory: ofEach((service) => shapes[service]?.memory),
      entrypoint: ofEach((service) => shapes[service]?.entrypoint),
    },
    ofEach((service) => imageIds[images[service] ?? ""]),
    onEngine,
  );
}

/**
 * One release of Scani: declared, not started. The Handover starts it. A change to any of its contents makes another
 * release, whose containers Pulumi creates next to the old ones.
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
    const { settings, platform, baseOutputs } = args;
    const { tier } = settings;
    const declared = servicesOf(tier);
    const shapes = shapesOf(settings);
    const { caCertificate: certificate } = settings;

    this.images = releaseImages(settings);
    this.environment = platform.apply((values) => environments(settings, values));
    this.id = pulumi.unsecret(platform.apply((values) => releaseNameOf(args, values)));

    const install = baseOutputs.install;
    const labelsOf = (
      timestamp: (timestamps: CreationTimestamps, release: string) => TimestampLabel,
      service?: Service,
    ): pulumi.Output<Record<string, string>> =>
      pulumi.all([install, this.id]).apply(([named, id]): Record<string, string> => ({
        [label.install]: named,
        [label.tier]: tier,
        [label.release]: id,
        ...(service === undefined ? {} : { [label.service]: service }),
        ...timestamp(args.timestamps, id),
      }));

    // A network of its own, so that `data-provider` and `api` name this release's containers and no other's.
    this.network = new Network(
      `${name}-net`,
      {
        driver: "bridge",
        labels: labelsOf(releaseNetworkTimestamp).apply(labelList),
      },
      { parent: this },
    );

    const certificates =
      certificate === undefined
        ? undefined
        : new Volume(`${name}-ca`, { labels: labelsOf(releaseVolumeTimestamp).apply(labelList) }, { parent: this });
    for (const service of declared) {
      const shape = shapes[service];
      if (shape === undefined) throw new Error(`${tier} declares ${service} without a shape`);
      const labels = labelsOf((timestamps, id) => releaseContainerTimestamp(timestamps, service, id), service);
      const container = hardenedContainer(
        `${name}-${service}`,
        {
          ...shape,
          labels,
          environment: this.environment.apply((environment) => environment[service] as Record<string, string>),
          networks: this.joined(service, baseOutputs),
          volumes:
            certificates !== undefined && service !== "frontend-app"
              ? [{ volumeName: certificates.name, containerPath: caFolder }]
              : undefined,
          command: service === "migrate" ? migrateCommand(platform) : undefined,
          runs: runsOf(service),
        },
        { parent: this },
      );
      this.containers[service] = container;
    }
    this.registerOutputs({ id: this.id });
  }

  /** Docker's ids of the containers, by service. */
  get containerIds(): pulumi.Output<Partial<Record<Service, string>>> {
    return pulumi.output(
      Object.fromEntries(Object.entries(this.containers).map(([service, { id }]) => [service as Service, id])),
    );
  }

  private joined(service: Service, baseOutputs: pulumi.Output<BaseOutputs>) {
    return pulumi.all([baseOutputs.networks, this.network.name]).apply(([networks, own]) =>
      networksOf[service].flatMap((role) => {
        const name = role === "release" ? own : networks[role];
        return name === undefined ? [] : [{ name, aliases: role === "release" ? [service] : [] }];
      }),
    );
  }
}

/**
 * Returns the migrator's command: it rewrites a database only when the host is named in it. The host is no secret; the
 * URL around it is.
 */
function migrateCommand(platform: pulumi.Output<Platform>): pulumi.Output<string[]> {
  return pulumi.unsecret(
    platform.apply(({ DATABASE_URL }) => ["/app/migrate", "--allow-remote", new URL(DATABASE_URL).hostname]),
  );
}
