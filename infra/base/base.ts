import * as pulumi from "@pulumi/pulumi";
import { postgresDataIn } from "../../host/install/data/postgresData";
import type { BaseOutputs, BaseServiceOutput, Platform } from "../../host/install/platform";
import type { EngineIdentity } from "../../host/install/presence";
import type { BaseReadyInputs, HoldInputs } from "../../host/install/resources";
import type { Settings } from "../../settings";
import { BaseReady } from "./baseReady";
import { DataMove } from "./dataMove";
import { contentsOf, describeBase, driftedIn, type DescribedBase, type OnEngine } from "./describe";
import { Hold } from "./hold";
import { Networks } from "./networks";
import { baseOutputs, platformOutput } from "./outputs";
import { Secrets } from "./secrets";
import { BaseService } from "./service";

/** Arguments base is declared with, besides its settings. */
export interface DeclareArgs extends OnEngine {
  /** Fingerprints of the secrets, kept next to the data that is made with them; secret. */
  readonly fingerprints: pulumi.Output<string>;
  /** The engine it is declared on. */
  readonly engine: EngineIdentity;
  /** Identity of the database that is there, as far as it is known. */
  readonly database?: Pick<BaseOutputs, "cluster" | "managed">;
  /** Ids of containers that have the names of services, and are removed before those are made. */
  readonly copies?: readonly string[];
}

/** Outputs of declaring base. */
export interface DeclareResult {
  /** One secret output with everything a release needs to know. */
  readonly platform: pulumi.Output<Platform>;
  readonly outputs: pulumi.Output<BaseOutputs>;
  /** Inputs of the Hold, which a preview compares with the engine. */
  readonly held: pulumi.Output<HoldInputs>;
  /** Inputs of BaseReady that a preview compares with the engine. */
  readonly ready: Pick<BaseReadyInputs, "bucket" | "connections" | "portHolder">;
  /** Services whose containers are recreated for their limits. */
  readonly drifted: readonly string[];
}

/** Component of everything that outlives every release: networks, data services, secrets and the gateway. */
export class Base extends pulumi.ComponentResource {
  readonly secrets: Secrets;

  /**
   * Declares the secrets alone, so that they can be compared with the existing data before anything else is declared.
   */
  constructor(
    private readonly settings: Settings<"base">,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("scani:base:Base", "base", {}, opts);
    this.secrets = new Secrets(settings, { parent: this });
  }

  /** Declares everything else. */
  declare(args: DeclareArgs): DeclareResult {
    const described = describeBase(this.settings, this.secrets, args);
    const networks = this.networks(args, described);
    const gateway = new BaseService(described.gateway, networks, { parent: this });
    const hold = this.hold(args, described, gateway);
    networks.declareFixed(hold);
    const running = [...this.services(described, networks, hold), gateway];
    const ready = this.ready(args, described, running, [this.secrets, networks, hold]);

    const platform = platformOutput(this.settings, this.secrets, described);
    const outputs = this.outputs(args, described, running, ready);
    this.registerOutputs({ platform, sockets: outputs });
    const { bucket, connections } = described;
    return {
      platform,
      outputs,
      held: this.held(described),
      ready: { bucket, connections, portHolder: this.settings.portHolder },
      drifted: driftedIn(described),
    };
  }

  private networks({ timestamps }: DeclareArgs, { addresses, services }: DescribedBase): Networks {
    const mail = services.some(({ service }) => service === "mail");
    return new Networks({ install: this.settings.name, mail, timestamps, addresses }, { parent: this });
  }

  private hold({ copies = [] }: DeclareArgs, described: DescribedBase, gateway: BaseService): Hold {
    const contents = contentsOf(described);
    return new Hold("hold", { ...this.heldOn(described), contents, copies, gateway }, { parent: this });
  }

  /**
   * Declares the services other than the gateway, after requests are held, and Postgres after its data has been moved.
   */
  private services({ services, postgres }: DescribedBase, networks: Networks, hold: Hold): BaseService[] {
    const move = postgres && this.dataMove(hold);
    return services.map(
      (one) =>
        new BaseService(one, networks, {
          parent: this,
          dependsOn: one.service === "postgres" && move !== undefined ? [hold, move] : [hold],
        }),
    );
  }

  /**
   * Declares the move of Postgres' data. Requests are held by then, since Postgres is yet to be created. Undefined
   * where base makes the volume.
   */
  private dataMove(hold: Hold): DataMove | undefined {
    const { name: install, dockerHost, postgresVolume: volume, postgresFolder: folder, postgresImage } = this.settings;
    if (volume === undefined || folder === undefined) return undefined;
    return new DataMove(
      "data-move",
      { install, dockerHost, volume, folder, image: postgresImage },
      { parent: this, dependsOn: [hold] },
    );
  }

  private ready(
    { engine, fingerprints }: DeclareArgs,
    { postgres, connections, bucket }: DescribedBase,
    services: readonly BaseService[],
    after: readonly pulumi.Resource[],
  ): BaseReady {
    const { name: install, dockerHost, postgresFolder, portHolder } = this.settings;
    return new BaseReady(
      "standing",
      {
        install,
        dockerHost,
        engine: engine.id,
        services,
        fingerprints: postgres?.isBorrowed === false ? fingerprints : undefined,
        postgresData: postgres && postgresFolder && postgresDataIn(postgresFolder),
        connections,
        bucket,
        portHolder,
        after,
      },
      { parent: this },
    );
  }

  /**
   * Returns the outputs, which wait until all services are ready, so that a tier stack that reads them can begin at
   * once.
   */
  private outputs(
    { engine, subnet, database = {} }: DeclareArgs,
    described: DescribedBase,
    running: readonly BaseService[],
    ready: BaseReady,
  ): pulumi.Output<BaseOutputs> {
    const ids = pulumi.all(running.map(({ container }) => container.id));
    return pulumi.all([ids, ready.cluster, ready.id]).apply(([containerIds, cluster]) => {
      const services = running.map(({ service, containerName, volumeName }, index): BaseServiceOutput => ({
        service,
        container: containerName,
        volume: volumeName,
        id: containerIds[index],
      }));
      return baseOutputs(this.settings, described, {
        engine,
        subnet,
        database: { ...database, cluster: cluster ?? database.cluster },
        stack: pulumi.getStack(),
        services,
      });
    });
  }

  private held(described: DescribedBase): pulumi.Output<HoldInputs> {
    return pulumi.output(contentsOf(described)).apply((contents) => ({ ...this.heldOn(described), contents }));
  }

  /** Returns where requests are held. */
  private heldOn({ subnets }: DescribedBase): Pick<HoldInputs, "install" | "dockerHost" | "subnets"> {
    const { name: install, dockerHost } = this.settings;
    return { install, dockerHost, subnets };
  }
}
