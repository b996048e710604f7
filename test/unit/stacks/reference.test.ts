import * as pulumi from "@pulumi/pulumi";

/** What Pulumi answers when it is asked for a stack's outputs: its error, or none. */
let refusal: string | undefined;

void pulumi.runtime.setMocks(
  {
    newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
    call() {
      if (refusal === undefined) return { outputs: { sockets: { install: "scani" } } };
      // As the engine's monitor gives it, whose details the SDK makes a message of.
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

// Loaded after setMocks, as Pulumi asks.
/* eslint-disable @typescript-eslint/no-require-imports */
const { referToBase, rememberedOutputs } =
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
