import { fork } from "node:child_process";
import { delimiter, join } from "node:path";
import type Docker from "dockerode";
import { connect } from "../../infra/engine/connect";
import { cleanUp, layOut } from "../../ops/throwaway";
import { officialPlugin, testPlugins } from "../../ops/setup";
import { ensureImages, type ImageSet } from "../images";
import { kind, type Played } from "../plugins/parity";
import { changes } from "../plugins/parity/changes";
import type { Report, Task } from "../plugins/parity/player";
import { ask } from "../plugins/parity/wire";

/** The test plugins do what the official ones do: the same program, and the same questions, on both. */

jest.setTimeout(600_000);

const say = (line: string): void => { process.stderr.write(`${line}\n`); };

const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== testPlugins).join(delimiter);
const official = { docker: officialPlugin("docker", process.env), random: officialPlugin("random", process.env) };
const present = official.docker !== undefined && official.random !== undefined;
const onBoth = present ? test : test.skip;
if (!present) console.warn("SKIPPED: the official plugins are not here, so the test plugins cannot be compared with them.");

let docker: Docker;
let images: ImageSet;

beforeAll(async () => {
  docker = connect();
  if (present) images = await ensureImages({ docker, log: say });
});

/** Plays on one set of plugins, in a process of its own, and says how far it is. */
function player(title: string, plugins: string): Promise<Played> {
  const child = fork(join(__dirname, "..", "plugins", "parity", "player.js"));
  child.send({ images, path: plugins } satisfies Task);
  return new Promise((resolve, reject) => {
    child.on("message", (report: Report) => {
      if ("line" in report) say(`${title}: ${report.line}`);
      else if ("played" in report) resolve(report.played);
      else reject(new Error(`${title}: ${report.error}`));
    });
    child.once("exit", (code) => reject(new Error(`${title}: the player ended with ${code} and no result`)));
  });
}

onBoth("the same program ends in the same containers, networks and volumes, by the same decisions", async () => {
  const [theirs, ours] = await Promise.all([player("official", path), player("test plugins", [testPlugins, path].join(delimiter))]);
  expect(Object.keys(theirs.decisions).length).toBeGreaterThan(10);
  expect(ours).toEqual(theirs);
});

onBoth("the same question about any property has the same answer", async () => {
  const place = await layOut(kind, images, {});
  try {
    const names = { prefix: place.install, image: images.redis };
    const theirs = await ask(official.docker as string, names);
    const ours = await ask(join(testPlugins, "pulumi-resource-docker"), names);
    expect(Object.keys(theirs).length).toBeGreaterThan(changes.length);
    expect(ours).toEqual(theirs);
  } finally {
    await cleanUp(docker, place);
  }
});
