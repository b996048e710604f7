import type { Tier } from "../../settings";
import type { BackupPlan } from "./data/backupPlan";
import type { Service } from "./services/release";

/* Inputs of this module's own resources, as their provider is handed them. */

/** BaseReady's inputs, as they reach the provider. */
export interface BaseReadyInputs {
  readonly install: string;
  readonly dockerHost?: string;
  /** Id of the engine it is on. Absent in the state of an earlier version of this module. */
  readonly engine?: string;
  /** Container ids by service. */
  readonly containers: Readonly<Record<string, string>>;
  /** Text kept next to Postgres' data. Secret for Pulumi, though no secret can be made from it. */
  readonly madeWith?: string;
  /** Bucket whose path on the page's origin leads to the bundled S3 server; absent where that is managed. */
  readonly bucket?: string;
  /** Folder in which Postgres keeps its data; absent where that is the volume itself. */
  readonly postgresData?: string;
  /** Containers to connect to networks besides those they were created with. */
  readonly connections?: readonly Connection[];
  /** Container that has the gateway's port: the gateway is not started while it runs. */
  readonly portHolder?: string;
}

/** A container that answers on a network by further names. */
export interface Connection {
  readonly container: string;
  readonly network: string;
  readonly names: readonly string[];
  /** Its static address there; without one the engine assigns any. */
  readonly address?: string;
}

/** DataMove's inputs, as they reach the provider. */
export interface DataMoveInputs {
  readonly install: string;
  readonly dockerHost?: string;
  readonly volume: string;
  /** Folder of the volume the data is to be in. */
  readonly folder: string;
  /** Postgres' image, whose shell moves the data. */
  readonly image: string;
}

/** The Hold's inputs, as they reach the provider. */
export interface HoldInputs {
  readonly install: string;
  readonly dockerHost?: string;
  /** Digest of what each service is declared with, by its name. */
  readonly contents: Readonly<Record<string, string>>;
  /** Subnet of each network that has one, by its Docker name. */
  readonly subnets: Readonly<Record<string, string>>;
  /** Ids of containers that have the names of services and are not Pulumi's: removed once requests wait. */
  readonly copies?: readonly string[];
}

/** The TakedownGuard's inputs, as they reach the provider. */
export interface TakedownGuardInputs {
  readonly install: string;
  readonly gateway: string;
  readonly dockerHost?: string;
  /** Id of the engine it is on. Absent in the state of an earlier version of this module. */
  readonly engine?: string;
  /** Container ids by service. Absent in the state of an earlier version. */
  readonly containers?: Readonly<Partial<Record<Service, string>>>;
  readonly tier: Tier;
}

/** The Handover's inputs, as they reach the provider. Times in seconds. No secrets. */
export interface HandoverInputs {
  readonly install: string;
  readonly gateway: string;
  readonly dockerHost?: string;
  /** Id of the engine it is on. Absent in the state of an earlier version of this module. */
  readonly engine?: string;
  /** Name of the Pulumi stack and of base's, for the commands in messages. */
  readonly stack: string;
  readonly baseStack: string;
  /** True where base has an S3 server of its own. */
  readonly ownBucket: boolean;
  readonly tier: Tier;
  readonly release: string;
  /** Container ids by service. */
  readonly containers: Readonly<Partial<Record<Service, string>>>;
  readonly keepWarm: boolean;
  readonly readyTimeout: number;
  readonly drainTimeout: number;
  /** Absent in the state of earlier versions. */
  readonly migrationTimeout: number;
  /** Certificate of a private authority, PEM; not a secret. */
  readonly caCertificate?: string;
  readonly soak: number;
  /** MiB. */
  readonly minimumFreeDisk: number;
  readonly backups: BackupPlan;
  /** Permission to carry files into a bucket that is somebody else's; absent where the operator has not said. */
  readonly carryFiles?: "yes" | "no";
  /** Folder with Pulumi.yaml on the machine this runs on. */
  readonly projectFolder: string;
}
