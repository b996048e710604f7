import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { connect } from "../../host/engine/connect";
import { containerName } from "../../host/install/names/containerName";
import { readStatus } from "../../ops/status/read";
import { preview } from "../../ops/preview";
import { contextOn } from "../../lab/throwaway";
import { containersOf, runningServices } from "./host";
import { closeScene, openScene, type Scene } from "./scene";
import { until } from "./traffic";

jest.setTimeout(600_000);

/** Commands over ssh, with a real sshd that leads to this machine's own engine. */

const sshd = "/usr/sbin/sshd";
const lack =
  process.getuid?.() !== 0
    ? "it takes root to run a sshd"
    : [sshd, "/usr/bin/ssh"].some((file) => !existsSync(file))
      ? "there is no OpenSSH server and client (apt-get install openssh-server)"
      : undefined;
const overSsh = lack === undefined ? test : test.skip;
if (lack !== undefined) console.warn(`SKIPPED: no engine can be reached over ssh here: ${lack}.`);

let folder: string;
let server: ChildProcess;
let host: string;
let scene: Scene | undefined;
const before = { ...process.env };

const path = (name: string): string => join(folder, name);
const knownHosts = (key: string): void => {
  const [, port] = /:(\d+)$/.exec(host) ?? [];
  writeFileSync(
    path("known_hosts"),
    key === "" ? "" : `[127.0.0.1]:${port} ${readFileSync(path(`${key}.pub`), "utf8")}`,
  );
};

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return port;
}

beforeAll(async () => {
  if (lack !== undefined) return;
  folder = mkdtempSync(join(tmpdir(), "scani-sshd-"));
  for (const key of ["host", "other", "own"])
    spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path(key)]);
  writeFileSync(path("authorized"), readFileSync(path("own.pub")), { mode: 0o600 });
  const port = await freePort();
  host = `ssh://${userInfo().username}@127.0.0.1:${port}`;
  // ssh uses an account's own folder and ignores HOME, so name its files in a config.
  writeFileSync(
    path("config"),
    `UserKnownHostsFile ${path("known_hosts")}\nGlobalKnownHostsFile none\nIdentityFile ${path("own")}\nIdentitiesOnly yes\n`,
  );
  mkdirSync(path("bin"));
  writeFileSync(path("bin/ssh"), `#!/bin/sh\nexec /usr/bin/ssh -F ${path("config")} "$@"\n`, { mode: 0o755 });
  mkdirSync("/run/sshd", { recursive: true });
  const options = [
    `HostKey=${path("host")}`,
    `AuthorizedKeysFile=${path("authorized")}`,
    "ListenAddress=127.0.0.1",
    "StrictModes=no",
    "UsePAM=no",
    "PasswordAuthentication=no",
    "PermitRootLogin=yes",
    "PidFile=none",
  ];
  server = spawn(sshd, ["-D", "-e", "-f", "/dev/null", "-p", String(port), ...options.flatMap((one) => ["-o", one])], {
    stdio: "ignore",
  });
  process.env.PATH = `${path("bin")}:${before.PATH}`;
  knownHosts("host");
  const engine = connect(host);
  await until(
    () =>
      engine.info().then(
        () => true,
        () => false,
      ),
    10_000,
  );
});

afterAll(async () => {
  if (lack !== undefined) return;
  knownHosts("host");
  await closeScene(scene);
  process.env.PATH = before.PATH;
  server.kill();
  rmSync(folder, { recursive: true, force: true });
});

overSsh("status, preview and up of base and tier 1", async () => {
  const stack = { dockerHost: host };
  scene = await openScene("ssh", { base: stack, tier1: { ...stack, soak: "0" }, tier2: stack });
  const { place } = scene;
  const lines: string[] = [];
  await preview(
    contextOn(place, (line) => lines.push(line)),
    "tier1",
  );
  expect(lines.join("\n")).toContain("scani-tier1-handover");
  await scene.up("tier1");
  expect((await runningServices(scene)).length).toBeGreaterThan(0);
  const status = await readStatus(await contextOn(place).engine("base"), place.install);
  expect(JSON.stringify(status)).toContain("tier1");
});

overSsh("a command that is held ends with the process that holds it", async () => {
  const { docker, place } = scene as Scene;
  const gateway = containerName(place.install, "gateway");
  const holder = spawn(
    process.execPath,
    [
      "-e",
      `require(process.argv[1]).connect(process.argv[2]).hold(process.argv[3], ["sh", "-c", "echo held; exec cat"])
        .then(({ line }) => { console.log(line); setInterval(() => undefined, 1000); });`,
      join(__dirname, "..", "..", "host", "engine", "connect.js"),
      host,
      gateway,
    ],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env } },
  );
  const [said] = (await once(holder.stdout, "data")) as [Buffer];
  expect(said.toString()).toBe("held\n");
  const held = async (): Promise<boolean> =>
    ((await docker.getContainer(gateway).top()) as { Processes: string[][] }).Processes.some((words) =>
      words.some((word) => word === "cat"),
    );
  expect(await held()).toBe(true);
  holder.kill("SIGKILL");
  await until(async () => !(await held()), 10_000);
});

overSsh.each([
  ["an unknown", "", /The host key of ssh:\/\/.* is not known here[^]*type: ssh -p \d+ /],
  ["a changed", "other", /The host key of ssh:\/\/.* is not the one that was accepted[^]*type: ssh-keygen -R /],
])("%s host key is refused, and nothing is touched", async (_what, key, words) => {
  const { place } = scene as Scene;
  const everything = async () =>
    (await containersOf(scene as Scene))
      .map(({ id, info }) => `${id} ${info.State.Status} ${info.State.StartedAt}`)
      .sort();
  const there = await everything();
  knownHosts(key);
  try {
    // Use a separate process: this one's connections were made while the key was known.
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(__dirname, "..", "..", "ops", "cli.js"), "up", "tier2", "--project", place.workDir],
      { encoding: "utf8", env: { ...process.env, ...place.environment } },
    );
    expect(stdout + stderr).toMatch(words);
    expect(status).toBe(1);
  } finally {
    knownHosts("host");
  }
  expect(await everything()).toEqual(there);
});
