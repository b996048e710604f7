import { parseServer, readEvidence } from "../../../../host/adopt/evidence";
import { readProject } from "../../../../host/adopt/readCompose";
import { FakeEngine, type FakeContainer } from "../fakeEngine";

test("what the server says of itself is read line by line", () => {
  const output = [
    "bytes 8000000",
    "super t",
    "tablespace fast disk",
    "tablespace slow",
    "file ssl_cert_file /certs/a server.crt",
    "file include /etc/postgresql/more.conf",
    "log /wal",
    "disk overlay 9000000 1 8192000 1% /var/lib/postgresql/data",
    "password taken",
    "",
  ].join("\n");
  expect(parseServer(output)).toEqual({
    bytes: 8_000_000,
    isSuperuser: true,
    takesPassword: true,
    freeMiB: 8000,
    elsewhere: {
      tablespaces: ["fast disk", "slow"],
      log: "/wal",
      files: [
        { setting: "ssl_cert_file", path: "/certs/a server.crt" },
        { setting: "include", path: "/etc/postgresql/more.conf" },
      ],
    },
  });
  expect(parseServer("")).toEqual({ elsewhere: { tablespaces: [], files: [] } });
});

/** Scani's api and its Postgres, whose volume Docker lists after another one. */
function engine(): FakeEngine {
  const made = new FakeEngine((_container, command) => ({
    output: command.join(" ").includes("pg_database_size") ? "bytes 5\npassword refused\n" : "major 16\n",
  }));
  const compose = (service: string) => ({
    "com.docker.compose.project": "home",
    "com.docker.compose.service": service,
  });
  const add = (name: string, more: Partial<FakeContainer>) => made.add({ name, state: "running", ...more });
  add("home-api", {
    labels: compose("api"),
    environment: [
      ...["SERVICE_NAME=api", "LOG_ID_PEPPER=x", "DATABASE_URL=postgres://scani:x@postgres/scani"],
      "NODE_EXTRA_CA_CERTS=/certs/ca.pem",
    ],
    networks: ["home_default"],
    files: new Map([
      ["/certs/ca.pem", "# Ours\n-----BEGIN CERTIFICATE-----\nAB+/=\n-----END CERTIFICATE-----\n# the end\n"],
    ]),
  });
  add("home-postgres", {
    labels: compose("postgres"),
    networks: ["home_default", "private"],
    volumes: ["home_wal", "home_data"],
    mounts: [
      { type: "volume", source: "home_wal", path: "/wal" },
      { type: "volume", source: "home_data", path: "/var/lib/postgresql/data" },
    ],
  });
  add("reader", { networks: ["private"], volumes: ["home_data"], environment: ["PGHOST=postgres"] });
  add("archiver", { networks: ["elsewhere"], volumes: ["home_wal"] });
  add("gone", { state: "exited", networks: ["home_default"], volumes: ["home_data"] });
  return made;
}

test("who shares the data, who is near, and whom Scani trusts", async () => {
  const made = engine();
  const { strangers, neighbours, authorities, database } = await readEvidence(
    made,
    await readProject(made, undefined, "/"),
    "scani",
  );
  // One that is stopped finds no data of its own when it is started, as an old one of compose's would.
  expect(strangers).toEqual(["reader"]);
  expect(neighbours).toEqual([{ name: "reader", networks: ["private"], environment: { PGHOST: "postgres" } }]);
  expect(authorities).toEqual([
    {
      container: "home-api",
      path: "/certs/ca.pem",
      certificates: ["-----BEGIN CERTIFICATE-----\nAB+/=\n-----END CERTIFICATE-----"],
    },
  ]);
  expect(database).toMatchObject({ major: "16", bytes: 5, takesPassword: false });
});
