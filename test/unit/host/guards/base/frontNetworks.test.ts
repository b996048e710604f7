import { missingFronts } from "../../../../../host/guards/base/frontNetworks";
import { renderProblem } from "../../../../../util/operatorError";

const engine = {
  allNetworks: [
    { id: "1", name: "bridge" },
    { id: "2", name: "web" },
  ],
};
const said = (names: string | undefined, origin: ".env" | "Pulumi config" = "Pulumi config") =>
  missingFronts(names, origin, engine, "base").map(renderProblem);

test("networks that are there, and none, are fine", () => {
  expect(said(undefined)).toEqual([]);
  expect(said("web,bridge")).toEqual([]);
  // A worker of a swarm does not list every network.
  expect(missingFronts("far", "Pulumi config", { allNetworks: undefined }, "base")).toEqual([]);
});

test("one that is not is named, with what creates it and what takes it out", () => {
  expect(said("web,proxy")).toEqual([
    "frontNetworks (from Pulumi config) names proxy, which is no network of the engine: the gateway cannot answer there.\n  Take it out of the setting, or bring up what makes it, or create it:\n  type: npm run pulumi -- config set --stack base frontNetworks web\n  type: docker network create proxy",
  ]);
  const [only] = said("proxy");
  expect(only).toContain("type: npm run pulumi -- config rm frontNetworks --stack base");
});
