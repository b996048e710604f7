import * as pulumi from "@pulumi/pulumi";

/** Error with which Pulumi answers a request for a stack's outputs; undefined for none. */
let refusal: string | undefined;

/** Number of times it answers with the error before it returns the outputs. */
let refusals = Number.POSITIVE_INFINITY;

void pulumi.runtime.setMocks(
  {
    newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
    call({ token }) {
      if (refusal === undefined || refusals-- <= 0)
        return token.endsWith("readStackOutputs")
          ? { outputs: { sockets: { install: "scani" } } }
          : { outputs: { urn: { type: "docker:index/container:Container", outputs: { id: "redis-id" } } } };
      // Throw as the engine's monitor does; the SDK turns the details into a message.
      throw Object.assign(new Error(refusal), {
        details: `invocation of pulumi:pulumi:readStackOutputs returned an error: ${refusal}`,
      });
    },
  },
  "scani",
  "base",
  false,
  "organization",
);

// Load after setMocks, as Pulumi requires.
/* eslint-disable @typescript-eslint/no-require-imports */
const { ownState, referToBase, rememberedOutputs } =
  require("../../../stacks/reference") as typeof import("../../../stacks/reference.js");

/* eslint-enable @typescript-eslint/no-require-imports */

test("a stack's outputs are what its last up left", async () => {
  refusal = undefined;
  expect(await rememberedOutputs("base")).toEqual({ sockets: { install: "scani" } });
});

test("one that was never made has none, and a tier names the base that is missing", async () => {
  refusal = 'unknown stack "organization/scani/base"';
  expect(await rememberedOutputs("base")).toBeUndefined();
  await expect(referToBase("base")).rejects.toThrow(/^There is no base yet: stack base has not been brought up/);
});

test.each([
  "error reading snapshot: open /srv/scani/.pulumi/stacks/scani/base.json: permission denied",
  "incorrect passphrase, please set PULUMI_CONFIG_PASSPHRASE to the correct passphrase",
  'blob (key "unknown stack") (code=Unknown): connection refused',
])("what Pulumi cannot say is no stack that was never made: %s", async (message) => {
  refusal = message;
  const said = `Pulumi does not say what stack base holds. Nothing has been touched.\n  invocation of pulumi:pulumi:readStackOutputs returned an error: ${message}`;
  await expect(rememberedOutputs("base")).rejects.toThrow(said);
  await expect(referToBase("base")).rejects.toThrow(said);
});

test.each(["EOF", "unexpected EOF"])(
  "a state that is being written when it is read is read again, and not for ever: %s",
  async (end) => {
    refusal = `failed to load checkpoint: ${end}`;
    refusals = 2;
    expect(await rememberedOutputs("base")).toEqual({ sockets: { install: "scani" } });
    refusals = 2;
    expect(await ownState()).toEqual({ outputs: undefined, known: new Set(["redis-id"]) });
    refusals = Number.POSITIVE_INFINITY;
    await expect(rememberedOutputs("base")).rejects.toThrow(/^Pulumi does not say what stack base holds/);
    await expect(ownState()).rejects.toThrow(/failed to load checkpoint/);
  },
);
