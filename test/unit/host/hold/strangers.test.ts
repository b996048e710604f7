import type { ContainerSummary } from "../../../../host/engine/engine";
import { strangersOn } from "../../../../host/hold/strangers";
import { label } from "../../../../host/install/names/labels";

const named = (name: string, labels: Readonly<Record<string, string>>) => ({ name, labels }) as ContainerSummary;
const recreation = { fate: "made anew for a reason", work: "bring base up", command: "npm run up -- base" };
const own = { [label.install]: "scani" };

test("what is somebody else's on a network that is made anew is named, with what to type before and after", () => {
  const containers = [
    named("scani-postgres", { ...own, [label.service]: "postgres" }),
    named("scani-tier1-api-1", { ...own, [label.service]: "api", [label.release]: "r1" }),
    named("proxy", {}),
    named("other-postgres", { [label.install]: "other", [label.service]: "postgres" }),
    named("scani-metrics", { ...own, [label.service]: "metrics" }),
  ];
  const problems = strangersOn([{ network: "scani-data", containers }], "scani", recreation);
  expect(problems.map(({ what }) => what.split(" ")[0])).toEqual(["proxy", "other-postgres", "scani-metrics"]);
  expect(problems[0]).toEqual({
    what: expect.stringContaining("proxy is on the network scani-data, which is made anew"),
    why: expect.any(String),
    type: [
      "docker network disconnect scani-data proxy",
      "npm run up -- base",
      "docker network connect scani-data proxy",
    ],
  });
});

test("on a network that base has no longer, it is not put back", () => {
  const [problem] = strangersOn([{ network: "scani-mail", containers: [named("proxy", {})] }], "scani", {
    ...recreation,
    fate: "removed",
    isGone: true,
  });
  expect(problem).toEqual({
    what: "proxy is on the network scani-mail, which is removed.",
    why: "It is none of this module's. Take it off, and bring base up.",
    type: ["docker network disconnect scani-mail proxy", "npm run up -- base"],
  });
});

test("base's own containers and helpers of killed commands are taken along", () => {
  const containers = ["redis", "files", "backup"].map((service) => named("one", { ...own, [label.service]: service }));
  expect(strangersOn([{ network: "scani-data", containers }], "scani", recreation)).toEqual([]);
});
