import type { Majors } from "../../backup/server";
import type { ManagedDatabase } from "../../install/data/databaseIdentity";
import type { Libc } from "./postgresLibc";
import type { SecretFingerprints } from "./secretFingerprints";

/** Evidence of the data before anything is declared, from which every refusal is derived. Holds secrets. */
export interface Evidence {
  /** Containers outside the install that run on one of its volumes. */
  readonly strangers: readonly { readonly container: string; readonly volume: string }[];
  /** Major version of Postgres that made the volume. */
  readonly volumeMajor?: string;
  /** Major version in the image that is to run on it. */
  readonly imageMajor?: string;
  /** Folder in which that image says it keeps its data (PGDATA), empty where it says none; absent without the image. */
  readonly imageDataPath?: string;
  /** C library that image's Postgres is built on. */
  readonly imageLibc?: Libc;
  /** Image of the existing container, and its C library, by which text in indexes has been sorted so far. */
  readonly ranOn?: { readonly image: string; readonly libc?: Libc };
  /** Path at which a container that has the volume sees the data; absent where none was found. */
  readonly dataPath?: string;
  readonly fingerprints?: SecretFingerprints;
  /** Answer of the running database. */
  readonly database?: DatabaseAnswer;
  /** Identity of the bundled database's cluster; known only where it runs. */
  readonly cluster?: string;
  /** Managed database the settings name; with its cluster only where its server could be asked, and tells it. */
  readonly managed?: ManagedDatabase;
  /** Major versions of the managed database's server and of the tools it is read with, where both could be asked. */
  readonly majors?: Majors;
  /** Reason why the managed database could not be asked. */
  readonly unread?: string;
  /** ENCRYPTION_KEY of the api that runs now; asked only where the database is somebody else's. */
  readonly keyInUse?: string;
}

/** Answer of a running Postgres about the secrets its data was made with. */
export interface DatabaseAnswer {
  /** Verifier of the role's password. */
  readonly passwordVerifier?: string;
  /** Locale by which its C library sorts text; absent where something else sorts it. */
  readonly collation?: string;
  /** Stored credentials, the newest first, sealed as they are. */
  readonly credentials: readonly string[];
  /** Set where it has no such role, or no such database. */
  readonly lacks?: "role" | "database";
}
