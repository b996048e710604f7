import { createServer, type AddressInfo } from "node:net";
import {
  declaredPorts,
  readTakenPorts,
  takenPorts,
  type DeclaredPort,
} from "../../../../../host/guards/base/takenPorts";
import { label } from "../../../../../host/install/names/labels";
import { resolveSettings, type Settings } from "../../../../../settings";
import { renderProblem } from "../../../../../util/operatorError";
import { FakeEngine, type FakeContainer } from "../../fakeEngine";

const settings = (given: Record<string, string> = {}) =>
  resolveSettings({ config: (name) => ({ tier: "base", ...given })[name], environment: {}, dotenv: {} }, "base");
const declared = (given?: Record<string, string>) => declaredPorts(settings(given) as Settings<"base">);

test.each<[Record<string, string>, string[]]>([
  [{}, ["0.0.0.0:8080", "127.0.0.1:8026"]],
  [{ bindAddress: "10.0.0.1", FRONTEND_PORT: "80", MAILPIT_UI_PORT: "81" }, ["10.0.0.1:80", "127.0.0.1:81"]],
  [{ publishGateway: "false" }, ["127.0.0.1:8026"]],
  [{ portHolder: "home_frontend-app_1", SMTP_URL: "smtp://mail.example.org" }, []],
])("what %j publishes at once", (given, addresses) => {
  expect(declared(given).map(({ ip, port }) => `${ip}:${port}`)).toEqual(addresses);
});

describe("ports that something else has", () => {
  // Read as for a remote engine, so that nothing that listens on this machine matters.
  const read = (
    containers: (Partial<FakeContainer> & { name: string })[],
    ports: readonly DeclaredPort[] = declared(),
  ) => {
    const engine = new FakeEngine();
    for (const one of containers) engine.add({ state: "running", ...one });
    return readTakenPorts(engine, "scani", ports, false);
  };
  const own = { [label.install]: "scani", [label.service]: "gateway" };

  test.each<[string, Partial<FakeContainer>, boolean]>([
    ["another's, on all addresses", { published: ["0.0.0.0:8080"] }, true],
    ["another's, on one of them", { published: ["192.168.1.20:443", "192.168.1.20:8080"] }, true],
    ["another install's", { published: ["0.0.0.0:8080"], labels: { ...own, [label.install]: "other" } }, true],
    ["the install's own", { published: ["0.0.0.0:8080"], labels: own }, false],
    ["one that does not run", { published: ["0.0.0.0:8080"], state: "exited" }, false],
    ["on another port", { published: ["0.0.0.0:18080"] }, false],
  ])("a container is %s", async (_what, one, isTaken) => {
    const taken = await read([{ name: "web", ...one }]);
    expect(taken.map(({ setting, container }) => [setting, container])).toEqual(
      isTaken ? [["FRONTEND_PORT", "web"]] : [],
    );
  });

  test("on one address each, two have one port", async () => {
    const ports = declared({ bindAddress: "10.0.0.1" });
    expect(await read([{ name: "web", published: ["10.0.0.2:8080"] }], ports)).toEqual([]);
    expect(await read([{ name: "web", published: ["10.0.0.1:8080"] }], ports)).toHaveLength(1);
  });

  test("a program of the engine's host is noticed where that is this machine", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const ports = declared({ publishGateway: "false", MAILPIT_UI_PORT: String(port) });
    const found = await readTakenPorts(new FakeEngine(), "scani", ports, true);
    expect(found).toEqual(ports);
    expect(await readTakenPorts(new FakeEngine(), "scani", ports, false)).toEqual([]);
    // The engine itself listens on ports that the install's own containers publish.
    const engine = new FakeEngine();
    engine.add({ name: "scani-mail", state: "running", labels: own, published: [`127.0.0.1:${port}`] });
    expect(await readTakenPorts(engine, "scani", ports, true)).toEqual([]);
    await new Promise((resolve) => server.close(resolve));
  });
});

test("who has it is named, and what to type", () => {
  const [gateway, mail] = declared() as [DeclaredPort, DeclaredPort];
  expect(takenPorts([{ ...gateway, container: "web" }, mail], "prod-base").map(renderProblem)).toEqual([
    [
      "FRONTEND_PORT is 8080, and web has that port already: base's gateway could not be published on 0.0.0.0:8080.",
      "Stop what has it, or give base another port:",
      "type: docker stop web",
      "type: npm run pulumi -- config set --stack prod-base FRONTEND_PORT 8081",
    ].join("\n  "),
    [
      "MAILPIT_UI_PORT is 8026, and another program of this machine has that port already: base's mail catcher's page could not be published on 127.0.0.1:8026.",
      "The first two name what has it. End that, or give base another port:",
      "type: docker ps --filter publish=8026",
      "type: ss -ltnp 'sport = :8026'",
      "type: npm run pulumi -- config set --stack prod-base MAILPIT_UI_PORT 8027",
    ].join("\n  "),
  ]);
});
