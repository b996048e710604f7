import { unroutedProblem } from "../../../../host/guards/unrouted";
import { readFacts } from "../../../../host/install/readFacts";
import { routes } from "../../../../host/gateway/routes";
import { FakeInstall } from "../fakeInstall";

const told = async (install: FakeInstall) =>
  unroutedProblem(await readFacts(install.engine, { name: "scani", gateway: "scani-gateway" }), "base");

test("releases without a route are said, the tier that runs first", async () => {
  const install = new FakeInstall();
  install.declare("tier1", "one");
  install.declare("tier2", "two");
  install.serve("two");
  expect(await told(install)).toBeUndefined();
  for (const route of routes) install.route(route, undefined);
  expect(await told(install)).toMatchObject({
    what: expect.stringContaining("nobody is served"),
    type: ["npm run up -- tier2", "npm run up -- tier1"],
  });
});

test("where there are no releases yet nobody is missing", async () => {
  expect(await told(new FakeInstall())).toBeUndefined();
});
