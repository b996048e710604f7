import { readStatus } from "../../../ops/status/read";
import { readJournal } from "../../../host/install/journal";
import { label } from "../../../host/install/names/labels";
import { runningServices } from "../host";
import { killedUp } from "../runs/killedUp";
import { wholly } from "../runs/cases";
import { until } from "../traffic";
import { addPapers, namedKeys, openAll, sizes } from "./papers";
import { ada, away, home, scani, scene, user } from "./install";

/** Runs that are killed while files are carried: a rerun has the same result, and carries nothing twice. */

const moments = [
  "▸ carry the files",
  /files: [1-9]\d* of/,
  "✓ carry the files",
  "✓ flip",
  "▸ carry the last files",
  "✓ carry the last files",
  "✓ start the new worker",
];

test.each(moments.map((moment, index) => [String(moment), moment, index] as const))(
  "killed at %s: the preview counts what is left, and the same again carries that alone",
  async (_name, moment, index) => {
    const [target, from, to] =
      (await serving()) === "tier1" ? (["tier2", home, away] as const) : (["tier1", away, home] as const);
    const papers = await addPapers(scene, from, user, sizes(240, 40 * 1024 * 1024));
    const line = moment instanceof RegExp ? moment : new RegExp(moment);
    const { killed } = await killedUp(scene, target, { line }, index % 2 === 0 ? "with its plugins" : "alone");
    expect(killed).toBe(true);
    // Files it was sending when it died may still arrive.
    await until(async () => {
      const before = (await to.list()).size;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return (await to.list()).size === before;
    }, 30_000);
    const there = await to.list();
    const held = await from.list();
    const left = (await namedKeys(scene, user)).filter((key) => held.has(key) && !there.has(key));
    if ((await serving()) !== target)
      expect(await scene.preview(target)).toMatch(
        new RegExp(left.length === 0 ? "files: none to carry" : `files: ${left.length} files? \\(`),
      );
    await scene.up(target);
    const entry = (await readJournal(scene.engine, `${scene.place.install}-gateway`)).at(-1);
    if (left.length > 0) expect(entry?.files).toMatchObject({ files: left.length, stuck: [] });
    expect(await runningServices(scene)).toEqual(wholly[target]);
    const [at, was] = [await to.list(), await from.list()];
    for (const { key } of papers) expect([key, at.get(key)]).toEqual([key, was.get(key)]);
    expect([...at.keys()].filter((key) => key.startsWith("temp/carry/"))).toEqual([]);
    expect((await openAll(scani.procedures(ada))).missing).toEqual([]);
    const carriers = await scene.docker.listContainers({
      all: true,
      filters: { label: [`${label.install}=${scene.place.install}`, `${label.service}=files`] },
    });
    expect(carriers).toEqual([]);
  },
);

const serving = async () => (await readStatus(scene.engine, scene.place.install)).serving?.tier;
