import { details, type Engine } from "../engine/engine";
import { withUnstartedIfThere } from "../engine/containers/unstarted";
import { variableIn } from "../install/services/environment";
import { momentaryLabels } from "../install/leftovers";
import { OperatorError } from "../../util/operatorError";
import { pendingMigrations, readShipped } from "../scani/migrations/pending";
import type { Install } from "../install/readFacts";

/** Details of the release that is to serve which a backup needs. */
export interface Candidate {
  /** Returns the migrations it would apply; undefined where the bundled Postgres has no ledger. */
  pending(): Promise<readonly string[] | undefined>;
  /** Returns the migrations its image ships; undefined where the image is not on the engine. */
  shipped(): Promise<readonly string[] | undefined>;
  /** Returns a URL that contains a password. */
  databaseUrl(): Promise<string>;
}

/** Returns a candidate whose migrate container exists. */
export function createdCandidate(
  engine: Engine,
  migrate: string,
  pending: () => Promise<readonly string[] | undefined>,
): Candidate {
  return {
    pending,
    shipped: () => readShipped(engine, migrate),
    databaseUrl: async () => {
      const { environment } = await details(engine, migrate);
      const url = variableIn(environment, "DATABASE_URL");
      if (url === undefined)
        throw new OperatorError({
          what: "The release's migrator has no DATABASE_URL, so the database cannot be backed up",
        });
      return url;
    },
  };
}

/**
 * Returns a candidate that a preview knows by its image only, which is read through a container that is created, never
 * started, and removed.
 */
export function declaredCandidate(engine: Engine, install: Install, image: string, databaseUrl: string): Candidate {
  const reading = <T>(read: (migrate: string) => Promise<T>): Promise<T | undefined> =>
    withUnstartedIfThere(engine, { image, labels: momentaryLabels(install.name, "reader") }, read);
  return {
    pending: () => reading((migrate) => pendingMigrations(engine, install, migrate)),
    shipped: () => reading((migrate) => readShipped(engine, migrate)),
    databaseUrl: async () => databaseUrl,
  };
}
