import { removeInstall } from "../../../../lab/throwaway";
import { endpointsNamed } from "../../../../lab/throwaway/network";
import { activeEndpoints, engineWith, type FakeNetwork } from "./engine";

const network = (connected: string[], hidden: string[]): Map<string, FakeNetwork> =>
  new Map([["net", { install: "i", connected, hidden }]]);

test("what an engine says is connected, listed or named, is cut off, and the network goes", async () => {
  const networks = network(["listed"], ["left-over"]);
  expect(await removeInstall(engineWith(networks), "i")).toEqual([]);
  expect(networks.size).toBe(0);
});

test("a network the engine keeps all the same is told, with its words", async () => {
  const networks = network([], ["nobody knows it"]);
  expect(await removeInstall(engineWith(networks), "i")).toEqual([`network net (${activeEndpoints.message})`]);
  expect(networks.size).toBe(1);
});

test("another install's is not touched", async () => {
  const networks = network([], []);
  expect(await removeInstall(engineWith(networks), "another")).toEqual([]);
  expect(networks.size).toBe(1);
});

test("endpoints are read from a refusal, where it names some", () => {
  expect(
    endpointsNamed(
      'error while removing network: network n id 1 has active endpoints (name:"a" id:"1", name:"b-c" id:"2")',
    ),
  ).toEqual(["a", "b-c"]);
  expect(endpointsNamed("network n id 1 has active endpoints")).toEqual([]);
});
