import { labelList } from "../../../host/install/names/labels";
import { throwawayLabels } from "../../throwaway";
import { PluginClient, type Answer } from "../client";
import type { Value, Values } from "../protocol/values";
import { changed, changes, state } from "./changes";

/** Answers of a plugin, by the title of the question. */
export type Answers = Record<string, Answer | string | boolean | readonly string[]>;

const [container, network, volume] = [
  "docker:index/container:Container",
  "docker:index/network:Network",
  "docker:index/volume:Volume",
] as const;

/**
 * Makes a network, a volume and a container with a plugin, asks it about every change, and removes them.
 * @param program path of the plugin
 * @param names the install everything belongs to, the prefix of the Docker names, and an image on the engine
 */
export async function ask(
  program: string,
  names: { install: string; prefix: string; image: string },
): Promise<Answers> {
  const plugin = await PluginClient.start(program);
  const answers: Answers = {};
  const undo: (() => Promise<void>)[] = [];
  const make = async (type: string, given: Values) => {
    const { inputs, failures } = await plugin.check(type, "r", {}, given);
    if (failures.length > 0) throw new Error(`${program} refuses ${type}: ${failures.join("; ")}`);
    const { id, outputs } = await plugin.create(type, "r", inputs);
    undo.push(() => plugin.delete(type, "r", id, outputs));
    const about = async (title: string, news: Values, ignored?: string[], state = outputs) => {
      const checked = await plugin.check(type, "r", inputs, news);
      answers[title] = await plugin.diff(type, "r", id, { outputs: state, inputs }, checked.inputs, ignored);
    };
    return { id, inputs, outputs, about };
  };
  try {
    // A later run finds what a killed one left by the install's label.
    const labels = [...labelList(throwawayLabels(names.install)), { label: "l", value: "1" }];
    const others = [...labels.slice(0, -1), { label: "l", value: "2" }];
    const ofNetwork: Values = { name: `${names.prefix}-net`, driver: "bridge", internal: true, labels };
    const madeNetwork = await make(network, ofNetwork);
    await madeNetwork.about("network: nothing", ofNetwork);
    for (const [name, value] of Object.entries({ name: "other", driver: "macvlan", internal: false, labels: others })) {
      await madeNetwork.about(`network: another ${name}`, { ...ofNetwork, [name]: value });
      await madeNetwork.about(`network: no ${name}`, changed(ofNetwork, { [name]: undefined }));
    }
    const ofVolume: Values = { name: `${names.prefix}-vol`, labels };
    const madeVolume = await make(volume, ofVolume);
    await madeVolume.about("volume: nothing", ofVolume);
    await madeVolume.about("volume: another label", { ...ofVolume, labels: others });
    await madeVolume.about("volume: no labels", changed(ofVolume, { labels: undefined }));
    await madeVolume.about("volume: another name", { ...ofVolume, name: "other" });

    const real = {
      i: names.install,
      c: `${names.prefix}-container`,
      "a:1": names.image,
      n: String(ofNetwork.name),
      v: String(ofVolume.name),
    };
    const ofContainer = substituted(
      changed(state, { entrypoints: undefined, start: false, mustRun: false, ports: undefined }),
      real,
    ) as Values;
    const made = await make(container, ofContainer);
    for (const [title, change] of changes) {
      await made.about(
        `container: ${title}`,
        changed(ofContainer, substituted(JSON.parse(JSON.stringify(change)), real) as Values & object),
      );
    }
    // The state of a container whose start failed.
    await made.about(
      "container: one that was never read back",
      ofContainer,
      [],
      changed(made.outputs, { entrypoints: undefined, __pulumi_raw_state_delta: undefined }),
    );
    await made.about("container: an ignored change", changed(ofContainer, { memorySwap: 128 }), ["memorySwap"]);

    // A network without a given name.
    const unnamed = await plugin.check(network, "auto", {}, { labels });
    answers["a name of its own"] = String(unnamed.inputs.name).replace(/[0-9a-f]{7}$/, "<digits>");
    answers["a name that stays"] =
      (await plugin.check(network, "auto", unnamed.inputs, { labels })).inputs.name === unnamed.inputs.name;
    const auto = await make(network, { labels });
    await auto.about("network of its own name: another label", { labels: others });

    // Objects that no longer exist.
    for (const remove of undo.splice(0).reverse()) await remove();
    await plugin.delete(container, "r", made.id, made.outputs);
    answers["a container that is gone is gone"] = (await plugin.read(container, "r", made.id, made)).id;
    answers["a network that is gone is gone"] = (await plugin.read(network, "r", madeNetwork.id, madeNetwork)).id;
    answers["a volume that is gone is gone"] = (await plugin.read(volume, "r", madeVolume.id, madeVolume)).id;
    return answers;
  } finally {
    // Ignore errors here, since only the first one matters; anything left carries the install's label, and is removed
    // with it.
    for (const remove of undo.reverse()) await remove().catch(() => undefined);
    await plugin.close();
  }
}

/** Replaces some texts in a value by others. */
function substituted(value: Value, texts: Readonly<Record<string, string>>): Value {
  if (typeof value === "string") return texts[value] ?? value;
  if (Array.isArray(value)) return value.map((item) => substituted(item, texts));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, substituted(member, texts)]));
}
