import * as pulumi from "@pulumi/pulumi";
import * as runtimeSettings from "@pulumi/pulumi/runtime/settings";
import { labelList } from "../../../host/install/names/labels";
import { marked } from "../../../stacks/throwaway";

/** Function that resolves once every resource has been registered; the SDK's types omit it. */
const { waitForRPCs } = runtimeSettings as unknown as { waitForRPCs(): Promise<void> };

const labelsOf = new Map<string, unknown>();

void pulumi.runtime.setMocks({
  newResource({ name, inputs }) {
    labelsOf.set(name, inputs.labels);
    return { id: name, state: inputs };
  },
  call: () => ({}),
});

// Load after setMocks, as Pulumi requires.
/* eslint-disable @typescript-eslint/no-require-imports */
const docker = {
  ...(require("@pulumi/docker/container") as typeof import("@pulumi/docker/container.js")),
  ...(require("@pulumi/docker/network") as typeof import("@pulumi/docker/network.js")),
  ...(require("@pulumi/docker/volume") as typeof import("@pulumi/docker/volume.js")),
};
const { markThrowaway, throwawayMark } =
  require("../../../stacks/throwaway") as typeof import("../../../stacks/throwaway.js");
/* eslint-enable @typescript-eslint/no-require-imports */

const labels = labelList({ "scani.install": "i", "scani.tier": "tier1" });

/** Declares resources in a stack with some config. @returns their labels, by resource */
async function declaredWith(config: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  pulumi.runtime.setAllConfig({ ...config });
  labelsOf.clear();
  await pulumi.runtime.runInPulumiStack(async () => {
    markThrowaway();
    new docker.Container("container", { image: "i", labels: pulumi.output(labels) });
    new docker.Network("network", { labels });
    new docker.Volume("volume", { labels });
    await waitForRPCs();
  });
  return Object.fromEntries(labelsOf);
}

test("containers, networks and volumes of a throwaway's stack carry its label, and nothing else changes", async () => {
  const all = labelList({ "scani.install": "i", "scani.throwaway": "true", "scani.tier": "tier1" });
  expect(await declaredWith({ "scani-lab:throwaway": "true" })).toMatchObject({
    container: all,
    network: all,
    volume: all,
  });
  expect(marked(marked(labels))).toEqual(all);
  expect(throwawayMark()).toEqual({ "scani.throwaway": "true" });
});

test.each<Record<string, string>>([{}, { "scani-lab:throwaway": "false" }, { "scani:throwaway": "true" }])(
  "any other stack, as one with %j, carries none",
  async (config) => {
    expect(await declaredWith(config)).toMatchObject({ container: labels, network: labels, volume: labels });
    expect(throwawayMark()).toEqual({});
  },
);
