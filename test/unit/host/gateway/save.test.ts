import { saveRoutes } from "../../../../host/gateway/save";
import { gatewayStateFile } from "../../../../host/gateway/state";
import { plan } from "../../../../host/handover/plan";
import { SaveRoutesStep } from "../../../../host/handover/steps/gateway";
import { readEndFacts } from "../../../../host/hold/endFacts";
import { describeServing, servingOf } from "../../../../host/install/facts";
import { readFacts, readRouted } from "../../../../host/install/readFacts";
import type { FakeContainer } from "../fakeEngine";
import { FakeInstall } from "../fakeInstall";

const gateway = "scani-gateway";
const routed = { name: "scani", gateway };

/** Creates an install on which tier 1 serves, whose gateway has saved this and not its routes. */
function unsaved(contents = ""): FakeInstall {
  const install = new FakeInstall();
  install.declare("tier1", "one");
  install.serve("one");
  (install.engine.find(gateway) as FakeContainer).files.set(gatewayStateFile, contents);
  return install;
}

test.each(["", "[{"])(
  "routes of which the gateway has saved %p are named, saved, and then are no news",
  async (left) => {
    const install = unsaved(left);
    const { engine } = install;
    const wanted = install.order("tier1", "one").wanted;
    const before = await readFacts(engine, routed);
    expect(plan(before, wanted)).toEqual([new SaveRoutesStep()]);
    expect(describeServing(servingOf(before))).toMatch(/tier1 \(one\), but its gateway has not saved its routes/);
    expect(await saveRoutes(engine, gateway)).toBe(true);
    expect(await saveRoutes(engine, gateway)).toBe(false);
    expect(plan(await readFacts(engine, routed), wanted)).toEqual([]);
  },
);

test("where a gateway routes is known without its file, also to those that ask nothing through it", async () => {
  const { engine } = unsaved();
  const { routes } = await readFacts(engine, routed);
  expect(Object.keys(routes)).not.toEqual([]);
  expect((await readRouted(engine, routed)).routes).toEqual(routes);
  expect((await readEndFacts(engine, "scani")).routes).toEqual(routes);
});

test("a gateway that goes on saving nothing is an error that says where to look", async () => {
  const install = unsaved();
  install.first = (_container, command) => (command[1] === "resume" ? {} : undefined);
  await expect(saveRoutes(install.engine, gateway)).rejects.toThrow(
    /scani-gateway does not save its routes[^]*type: docker exec scani-gateway df -h/,
  );
});

test("a service of somebody else's is saved as it is listed, also one whose target has no port", async () => {
  const install = unsaved();
  install.others.push({ name: "grafana", host: "g.example.org", path: "/", target: "grafana", state: "running" });
  expect(await saveRoutes(install.engine, gateway)).toBe(true);
  expect((await readFacts(install.engine, routed)).unsaved).toBe(false);
});

test("what is left of a longer file behind the saved routes is not read, as kamal-proxy does not", async () => {
  const install = unsaved();
  await saveRoutes(install.engine, gateway);
  const files = install.engine.find(gateway)?.files;
  files?.set(gatewayStateFile, `${files.get(gatewayStateFile) ?? ""}}]\n`);
  expect((await readFacts(install.engine, routed)).unsaved).toBe(false);
});

test("routes that change while they are read are not said to be unsaved", async () => {
  const install = unsaved();
  install.declare("tier2", "two");
  install.serve("two");
  install.engine.watch = (call) => {
    if (!call.includes(gatewayStateFile)) return;
    install.engine.watch = () => undefined;
    install.serve("one");
  };
  expect(await readFacts(install.engine, routed)).toMatchObject({ unsaved: false });
});

test("a gateway that does not run has saved what it has", async () => {
  const install = unsaved();
  await install.engine.stop(gateway);
  expect(await saveRoutes(install.engine, gateway)).toBe(false);
  expect((await readFacts(install.engine, routed)).unsaved).toBeUndefined();
});
