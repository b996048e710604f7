import { fork } from "node:child_process";
import { delimiter, join } from "node:path";
import type Docker from "dockerode";
import { connectDocker } from "../../host/engine/connect";
import { cleanUp, layOut } from "../../lab/throwaway";
import { officialPlugin, standInsForced, testPlugins } from "../../lab/setup";
import { ensureImages, type ImageSet } from "../../lab/images";
import { kind, type Played } from "../../lab/plugins/parity";
import { changes } from "../../lab/plugins/parity/changes";
import type { Report, Task } from "../../lab/plugins/parity/player";
import { recorded, renew, renewal, renews, wantedVersions } from "../../lab/plugins/parity/record";
import { ask, type Answers } from "../../lab/plugins/parity/wire";

/**
 * Comparison of the test plugins with the official ones, by the same program and the same requests. Without the
 * official plugins, the test plugins are compared with their record; with them, the record is compared too.
 */

jest.setTimeout(600_000);

const log = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const path = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((folder) => folder !== testPlugins)
  .join(delimiter);
const official = { docker: officialPlugin("docker", process.env), random: officialPlugin("random", process.env) };
const present = official.docker !== undefined && official.random !== undefined && !standInsForced(process.env);

let docker: Docker;
let images: ImageSet;

/**
 * Requests that run while the plugins play, since the official plugin waits two seconds after most creations and
 * removals.
 */
let asked: ReturnType<typeof askBoth>;

beforeAll(async () => {
  log(
    present
      ? "The official plugins are here: asked beside the test plugins."
      : "The official plugins are not asked: the test plugins are held against the record of them.",
  );
  docker = connectDocker();
  images = await ensureImages({ docker, log });
  asked = askBoth();
  asked.catch(() => undefined);
});

afterAll(() => asked.catch(() => undefined));

/** Plays with one set of plugins in a separate process, and logs its progress. */
function player(title: string, plugins: string): Promise<Played> {
  const child = fork(join(__dirname, "..", "..", "lab", "plugins", "parity", "player.js"));
  child.send({ images, path: plugins } satisfies Task);
  return new Promise((resolve, reject) => {
    child.on("message", (report: Report) => {
      if ("line" in report) log(`${title}: ${report.line}`);
      else if ("played" in report) resolve(report.played);
      else reject(new Error(`${title}: ${report.error}`));
    });
    child.once("exit", (code) => reject(new Error(`${title}: the player ended with ${code} and no result`)));
  });
}

/** Compares the test plugins' results with the official ones', and the record with both. */
function compare(part: "played" | "answers", ours: unknown, theirs: unknown): void {
  if (theirs !== undefined && renews) renew({ [part]: theirs });
  const record = recorded()[part];
  if (theirs !== undefined) {
    expect({ testPlugins: ours }).toEqual({ testPlugins: theirs });
    expect({ renewWith: renewal, record }).toEqual({ renewWith: renewal, record: theirs });
  }
  expect({ testPlugins: ours }).toEqual({ testPlugins: record });
}

test("the record is of the plugins the program needs", () => {
  if (renews && !present) throw new Error("the record can be renewed only where the official plugins are");
  if (renews) renew({});
  expect({ renewWith: renewal, plugins: recorded().plugins }).toEqual({
    renewWith: renewal,
    plugins: wantedVersions(),
  });
});

test("the same program ends in the same containers, networks and volumes, by the same decisions", async () => {
  const [theirs, ours] = await Promise.all([
    present ? player("official", path) : undefined,
    player("test plugins", [testPlugins, path].join(delimiter)),
  ]);
  expect(Object.keys(ours.decisions).length).toBeGreaterThan(10);
  compare("played", ours, theirs);
});

test("the same question about any property has the same answer", async () => {
  const { ours, theirs } = await asked;
  expect(Object.keys(ours).length).toBeGreaterThan(changes.length);
  compare("answers", ours, theirs);
});

/** Asks both plugins, each about separate objects. */
async function askBoth(): Promise<{ ours: Answers; theirs: Answers | undefined }> {
  const place = await layOut(kind, images, {});
  const of = (program: string, whose: string) =>
    ask(program, { install: place.install, prefix: `${place.install}-${whose}`, image: images.redis });
  try {
    const [theirs, ours] = await Promise.all([
      present ? of(official.docker as string, "theirs") : undefined,
      of(join(testPlugins, "pulumi-resource-docker"), "ours"),
    ]);
    return { ours, theirs };
  } finally {
    await cleanUp(docker, place);
  }
}
