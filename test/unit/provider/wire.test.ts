import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Resources, type Properties } from "../../../provider/resources";
import { procedures } from "../../../provider/wire";

const urn = "urn:pulumi:base::scani::scani:base:Base$scani-host:base:Standing::standing";

/** Creates a provider of one resource, and a list of its events in order. */
function provider(differs = false) {
  const events: unknown[] = [];
  const resources = new Resources(
    () => ({
      "scani-host:base:Standing": {
        id: ({ install }) => `${String(install)}-standing`,
        incidental: ["dockerHost"],
        differs: async () => differs,
        apply: async (inputs, { stack }) => {
          events.push(["apply", stack, inputs]);
          return { cluster: "one" };
        },
        remove: async (inputs, { stack }) => void events.push(["remove", stack, inputs]),
      },
    }),
    (of) => ({
      stack: of.slice(0, 15),
      say: () => undefined,
      signal: new AbortController().signal,
      lockAgain: async () => undefined,
    }),
  );
  const flushed = async () => events.push("flushed");
  return { events, calls: procedures(resources, flushed, () => events.push("interrupted")) };
}

const struct = (values: Properties) => Struct.fromJavaScript(values as never);

function diffRequest(former: Properties, inputs: Properties): rpc.DiffRequest {
  const request = new rpc.DiffRequest();
  request.setUrn(urn);
  request.setOldInputs(struct(former));
  request.setNews(struct(inputs));
  return request;
}

test("a resource is created with its id, its inputs and its outputs, once its lines have been taken", async () => {
  const { calls, events } = provider();
  const request = new rpc.CreateRequest();
  request.setUrn(urn);
  request.setProperties(struct({ install: "scani" }));
  const response = (await calls.create(request)) as rpc.CreateResponse;
  expect(response.getId()).toBe("scani-standing");
  expect(response.getProperties()?.toJavaScript()).toEqual({ install: "scani", cluster: "one" });
  expect(events).toEqual([["apply", "urn:pulumi:base", { install: "scani" }], "flushed"]);
});

test("an update answers with inputs and outputs", async () => {
  const { calls } = provider();
  const request = new rpc.UpdateRequest();
  request.setUrn(urn);
  request.setNews(struct({ install: "scani" }));
  const response = (await calls.update(request)) as rpc.UpdateResponse;
  expect(response.getProperties()?.toJavaScript()).toEqual({ install: "scani", cluster: "one" });
});

const { DIFF_NONE, DIFF_SOME } = rpc.DiffResponse.DiffChanges;

test.each([
  ["nothing", false, { install: "a", dockerHost: "x" }, DIFF_NONE, []],
  ["an incidental input", false, { install: "a", dockerHost: "y" }, DIFF_NONE, []],
  ["an input", false, { install: "b", dockerHost: "x" }, DIFF_SOME, ["install"]],
  ["the host alone", true, { install: "a", dockerHost: "x" }, DIFF_SOME, []],
])("a diff where %s differs", async (_what, hostDiffers, inputs, changes, names) => {
  const { calls } = provider(hostDiffers);
  const response = (await calls.diff(diffRequest({ install: "a", dockerHost: "x" }, inputs))) as rpc.DiffResponse;
  expect([response.getChanges(), response.getDiffsList()]).toEqual([changes, names]);
});

test("a removal has the state's outputs, and of its inputs the last ones", async () => {
  const { calls, events } = provider();
  const request = new rpc.DeleteRequest();
  request.setUrn(urn);
  request.setProperties(struct({ install: "old", cluster: "one" }));
  request.setOldInputs(struct({ install: "scani" }));
  await calls.delete(request);
  expect(events).toEqual([["remove", "urn:pulumi:base", { install: "scani", cluster: "one" }], "flushed"]);
});

test("a resource of another provider's is refused", () => {
  const request = new rpc.CreateRequest();
  request.setUrn("urn:pulumi:base::scani::docker:index/container:Container::redis");
  return expect(provider().calls.create(request)).rejects.toThrow(
    "this provider has no resource of type docker:index/container:Container",
  );
});

test("an interruption reaches the work", () => {
  const { calls, events } = provider();
  calls.cancel(undefined);
  expect(events).toEqual(["interrupted"]);
});
