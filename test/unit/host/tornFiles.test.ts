import { readRecord, writeRecord } from "../../../host/adopt/record";
import type { Engine } from "../../../host/engine/engine";
import { readTemporary, writeTemporary } from "../../../host/files/temporary";
import { writtenServices } from "../../../host/gateway/observe";
import { forgetWrittenPauses } from "../../../host/gateway/resume";
import { gatewayStateFile } from "../../../host/gateway/state";
import { fingerprintsFile, parseFingerprints } from "../../../host/guards/data/secretFingerprints";
import { postgresDataPath } from "../../../host/install/data/postgresData";
import { readJournal, record, type Entry } from "../../../host/install/journal";
import { noteStopped, readStopped, startStopped, type StoppedWorker } from "../../../host/install/stoppedWorkers";
import { messageOf } from "../../../util/operatorError";
import { FakeAdoption } from "./adopt/fakeAdoption";
import { FakeInstall } from "./fakeInstall";
import type { FakeEngine, FaultKind } from "./fakeEngine";

/** Every file this module writes on an engine, and what is known of it when its writing was cut short. */

const [gateway, postgres] = ["scani-gateway", "scani-postgres"];
const adoption = new FakeAdoption("beside").record;
const fingerprintsPath = `${postgresDataPath}/${fingerprintsFile}`;

/** State of a gateway that holds a route's requests, or none's. */
const state = (service: string, held: number): string =>
  `[{"name":"${service}","options":{"path_prefixes":["/"]},"active_targets":["a:1"],"pause_controller":{"state":${held},"stop_message":""}}]`;

/** A file, by the functions that write and read it. */
interface Written {
  /** Makes the file say this. */
  readonly write: (engine: Engine, what: string) => Promise<void>;
  /** Returns what it says; undefined for nothing. @throws where that cannot be told */
  readonly read: (engine: Engine) => Promise<string | undefined>;
  /** What is said of a file that is empty or cut short; undefined for one that may be lost, and is written anew. */
  readonly said?: string;
}

const all: Readonly<Record<string, Written>> = {
  "the record of an adoption": {
    write: (engine, at) => writeRecord(engine, { ...adoption, at }, "image:1", {}),
    read: async (engine) => (await readRecord(engine, "scani", "image:1"))?.at,
    said: "is cut short in the volume scani-adoption",
  },
  // What is not known of it counts as the more cautious case; the next handover puts it aside.
  "the record of handovers": {
    write: (engine, why) => record(engine, gateway, { at: "", to: { release: "r" }, outcome: "failed", why } as Entry),
    read: async (engine) => (await readJournal(engine, gateway)).at(-1)?.why,
  },
  "the workers a change of base has stopped": {
    write: (engine, id) => noteStopped(engine, gateway, [{ id, isAlone: false } as StoppedWorker]),
    read: async (engine) => {
      const [noted] = await readStopped(engine, gateway);
      await startStopped(engine, gateway);
      return noted?.id;
    },
    said: "was cut short, so which worker that was is not known",
  },
  // The store keeps the files until somebody removes them.
  "keys of files on their way": {
    write: (engine, key) => writeTemporary(engine, gateway, [{ store: "s", keys: [key] }]),
    read: async (engine) => (await readTemporary(engine, gateway))[0]?.keys[0],
  },
  // The next `up` of base writes them; until then the running Postgres is asked.
  "fingerprints of secrets": {
    write: (engine, encryptionKey) =>
      engine.writeFile(postgres, fingerprintsPath, JSON.stringify({ encryptionKey, databasePassword: "p" })),
    read: async (engine) => parseFingerprints(await engine.readFile(postgres, fingerprintsPath))?.encryptionKey,
  },
  // A gateway without routes is one that the next `up` gives them.
  "the gateway's own state": {
    write: async (engine, service) => {
      (engine as FakeEngine).find(gateway)?.files.set(gatewayStateFile, state(service, 1));
      await forgetWrittenPauses(engine, gateway);
    },
    read: async (engine) => (await writtenServices(engine, gateway))[0]?.name,
  },
};

function engineWith(): FakeEngine {
  const { engine } = new FakeInstall();
  engine.images.set("image:1", { id: "sha256:1", environment: [], labels: {}, digests: [] });
  return engine;
}

/** Writes a file twice, the second time with a fault while it is written. */
async function torn({ write }: Written, kind: FaultKind): Promise<FakeEngine> {
  const dry = engineWith();
  await write(dry, "before");
  const from = dry.calls.length;
  await write(dry, "after");
  const at = dry.calls.slice(from).findIndex((call) => call.startsWith("writeFile")) + 1;

  const engine = engineWith();
  await write(engine, "before");
  engine.plan({ at, kind });
  await expect(write(engine, "after")).rejects.toThrow("killed");
  expect(engine.faulted).toMatch(/^writeFile/);
  engine.plan();
  return engine;
}

describe.each(Object.entries(all))("%s", (_name, file) => {
  test("is as it was, or as it was to be, where this process or the engine is killed", async () => {
    for (const kind of ["die", "gone"] as const)
      expect(["before", "after"]).toContain(await file.read(await torn(file, kind)));
  });

  test.each(["empty", "half"] as const)(
    "that the loss of power has left %s is told, and written again",
    async (kind) => {
      const engine = await torn(file, kind);
      const read = await file.read(engine).catch(messageOf);
      if (file.said === undefined) expect(read).toBeUndefined();
      else expect(read).toContain(file.said);
      await file.write(engine, "again");
      expect(await file.read(engine)).toBe("again");
    },
  );
});
