import { pendingIn } from "../../../../ops/pulumi/pendingOperations";

const engine = { type: "pulumi:providers:docker", id: "p", inputs: { host: "ssh://scani.internal" } };
const api = { type: "docker:index/container:Container", id: "abc", inputs: { name: "scani-tier2-api-1", labels: [] } };
const creating = (type: string, name: string) => ({ type: "creating", resource: { type, inputs: { name } } });
const state = (pending_operations: unknown[] | undefined) => ({
  version: 3,
  deployment: { manifest: { time: "t" }, resources: [engine, api], pending_operations },
});

test("a state that was left in order has nothing to mend", () => {
  expect(pendingIn(state(undefined))).toBeUndefined();
  expect(pendingIn(state([]))).toBeUndefined();
  expect(pendingIn({ version: 3, deployment: undefined })).toBeUndefined();
});

test("what was begun is counted; what may have been made is named; all else of the state stays as it is", () => {
  const found = pendingIn(
    state([
      creating("docker:index/container:Container", "scani-tier2-api-2"),
      creating("docker:index/network:Network", "scani-tier2-net-1"),
      creating("docker:index/volume:Volume", "scani-postgres-data"),
      {
        type: "updating",
        resource: { type: "docker:index/container:Container", inputs: { name: "scani-tier2-worker-1" } },
      },
      { type: "updating", resource: { type: "scani-host:handover:Handover", inputs: {} } },
    ]),
  );
  expect(found).toMatchObject({
    count: 5,
    orphans: [
      { kind: "container", name: "scani-tier2-api-2" },
      { kind: "network", name: "scani-tier2-net-1" },
    ],
    dockerHost: "ssh://scani.internal",
  });
  expect([...(found?.known ?? [])]).toEqual(["p", "abc"]);
  expect(found?.mended).toEqual(state([]));
});
