import { Client } from "@grpc/grpc-js";
import * as pulumi from "@pulumi/pulumi";
import { Stack, type Workspace } from "@pulumi/pulumi/automation";
import * as settings from "@pulumi/pulumi/runtime/settings";
import * as state from "@pulumi/pulumi/runtime/state";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import "../../../../ops/pulumi/ownConnections";
import { withoutSummary } from "../../../../ops/pulumi/workspace";
import { root } from "../../../../ops/root";
import { engineAddress } from "../../../../stacks/runLock";
import { valueIfKnown } from "../../../../stacks/known";

/**
 * Internals of Pulumi's SDK this module uses: all uses are in ops/pulumi, and a new SDK that moves one fails here. Also
 * public behaviour of the SDK that this module needs.
 */

const product = ["util", "settings", "host", "infra", "provider", "stacks", "ops"];

const sources = product.flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(room, file)),
);

test("nothing of the product but ops/pulumi reaches below what the SDK exports", () => {
  // Allow single files of a package's resources and of the wire protocol's messages, which saves loading all of them.
  const promised = /^@pulumi\/(pulumi(\/(automation|runtime|proto\/\w+_pb))?|(docker|random)\/(types|provider|\w+))$/;
  const deep = sources.flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/["'](@pulumi\/[^"']+)["']/g)]
      .map(([, name]) => name)
      .filter((name) => !promised.test(name))
      .map((name) => `${file}: ${name}`),
  );
  expect(deep).toEqual(["ops/pulumi/ownConnections.ts: @pulumi/pulumi/runtime/settings"]);
});

// Why: docs/decisions/0015-connections-of-its-own.md
test("the options of the SDK's own connections can be changed", () => {
  const { grpcClientOptions } = settings as unknown as { grpcClientOptions: object };
  expect(grpcClientOptions).toMatchObject({ "grpc.use_local_subchannel_pool": 1 });
});

/** Returns a stack whose command line does nothing, and the commands it got. */
async function idleStack(): Promise<{ stack: Stack; told: string[] }> {
  const told: string[] = [];
  const workspace = {
    workDir: root,
    envVars: {},
    selectStack: async () => void told.push("select"),
    serializeArgsForOp: async () => [],
    postCommandCallback: async () => undefined,
    pulumiCommand: {
      run: async ([word]: string[]) => {
        told.push(word);
        return { stdout: "", stderr: "", code: 0 };
      },
    },
  };
  return { stack: await Stack.select("tier1", workspace as unknown as Workspace), told };
}

// Why: each would start the command line again, a third of a second each time.
test("a stack is selected by its workspace, and an up asks for nothing afterwards that nobody reads", async () => {
  const { stack, told } = await idleStack();
  await withoutSummary(stack).up();
  await withoutSummary(stack).destroy();
  expect(told).toEqual(["select", "up", "destroy"]);
});

// Why: the error of a program is told once, by its rejection, and not once more for each output.
test("the resource of the stack can be had", () => {
  expect(pulumi.runtime.getStackResource).toBeInstanceOf(Function);
});

test("the engine's address is what the SDK's client of it is connected to", () => {
  settings.resetOptions("scani", "tier1", 1, "127.0.0.1:9", "", false, "");
  const engine = pulumi.runtime.getEngine();
  expect(engine).toBeInstanceOf(Client);
  expect(engineAddress()).toBe("127.0.0.1:9");
  (engine as unknown as Client).close();
});

test.each([false, true])(
  "an output's value is told from one that is not known yet, plain or secret (engine takes secrets: %p)",
  async (supportsSecrets) => {
    Object.assign((state as unknown as { getStore(): object }).getStore(), { supportsSecrets });
    expect(await valueIfKnown(pulumi.output("known"))).toBe("known");
    expect(await valueIfKnown(pulumi.secret({ a: 1 }))).toEqual({ a: 1 });
    expect(await valueIfKnown(pulumi.output(pulumi.unknown))).toBeUndefined();
    expect(await valueIfKnown(pulumi.secret(pulumi.output(pulumi.unknown)))).toBeUndefined();
  },
);
