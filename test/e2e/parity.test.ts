import { delimiter, join } from "node:path";
import type Docker from "dockerode";
import { connect } from "../../infra/engine/connect";
import { cleanUp, layOut } from "../../ops/throwaway";
import { officialPlugin, testPlugins } from "../../ops/setup";
import { ensureImages, type ImageSet } from "../images";
import { kind, play } from "../plugins/parity";
import { changes } from "../plugins/parity/changes";
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

onBoth("the same program ends in the same containers, networks and volumes, by the same decisions", async () => {
  const theirs = await play(docker, images, path, (line) => say(`official: ${line}`));
  const ours = await play(docker, images, [testPlugins, path].join(delimiter), (line) => say(`test plugins: ${line}`));
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
