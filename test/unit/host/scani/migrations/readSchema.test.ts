import { label } from "../../../../../host/install/names/labels";
import { readSchema } from "../../../../../host/scani/migrations/pending";
import { FakeEngine } from "../../fakeEngine";

test.each([
  ["paused", "docker unpause scani-postgres"],
  ["exited", "docker start scani-postgres"],
  ["running", "docker logs --tail 50 scani-postgres"],
] as const)(
  "a Postgres that is %s and does not tell its migrations is named, with what to type",
  async (state, type) => {
    const engine = new FakeEngine(() => ({ exitCode: 2, output: "psql: error: the database system is starting up" }));
    engine.add({
      name: "scani-postgres",
      labels: { [label.install]: "scani", [label.service]: "postgres" },
      state,
    });
    const { id } = engine.add({ name: "scani-migrate" });
    const read = readSchema(engine, { name: "scani" }, id);
    await expect(read).rejects.toThrow(/^The migrations of Postgres \(container scani-postgres\) cannot be read: /);
    await expect(read).rejects.toThrow(`\n  type: ${type}`);
  },
);
