import { heldIn, parseObserved, parseWritten, targetsIn } from "../../../../host/gateway/observe";
import { withoutPauses } from "../../../../host/gateway/state";
import { answers, listing, row, servicesFor, written } from "./listing";

const targets = { api: "a1", ws: "a2", auth: "f2", app: "f1" };

test("reads each route's container from the listing, colours and other services aside", () => {
  const other = row("blog", "example.org", "/", "blog:80", "running", "no");
  const { services, unanswered } = parseObserved(`${listing(targets)}${other}`);
  const blog = { name: "blog", host: "example.org", path: "/", target: "blog:80", state: "running" };
  expect(services).toEqual([...servicesFor(targets), blog]);
  expect([targetsIn(services), heldIn(services), unanswered]).toEqual([targets, [], {}]);
});

test("a gateway without routes has none, and nobody has to answer", () => {
  const printed = `${row("Service", "Host", "Path", "Target", "State", "TLS")}\n${answers({ api: "404", app: "502" })}`;
  expect(parseObserved(printed)).toEqual({ services: [], unanswered: {}, answered: [] });
});

test("a route that answers fewer paths, as an earlier version left it, counts as none", () => {
  expect(targetsIn(parseObserved(row("ws", "*", "/ws", "a1:3001", "running", "no")).services)).toEqual({});
});

test("held requests, and answers that are none", () => {
  const printed = `${listing(targets, ["ws"])}${answers({ api: "503", app: "none" })}`;
  const { services, unanswered } = parseObserved(printed);
  expect([targetsIn(services), heldIn(services)]).toEqual([targets, ["ws"]]);
  expect(unanswered).toEqual({ api: "HTTP 503", app: "no answer within 3 s" });
  expect(parseObserved(`${listing(targets)}${answers({ api: "200", app: "404" })}`).unanswered).toEqual({});
  expect(parseObserved(`${listing(targets, ["api"])}${answers({ api: "none" })}`).unanswered).toEqual({});
});

test("sign-in calls that fail are said where both servers they take answer; else those are", () => {
  const unanswered = (statuses: Record<string, string>) =>
    parseObserved(`${listing(targets)}${answers(statuses)}`).unanswered;
  expect(unanswered({ api: "200", auth: "502", app: "200" })).toEqual({ auth: "HTTP 502" });
  expect(unanswered({ api: "502", auth: "502", app: "200" })).toEqual({ api: "HTTP 502" });
  expect(unanswered({ api: "200", auth: "none", app: "502" })).toEqual({ app: "HTTP 502" });
});

test("requests that somebody has the gateway refuse count as held, and nobody is asked for them", () => {
  const printed = `${listing(targets, ["api", "auth"], "stopped")}${answers({ api: "503" })}`;
  const { services, unanswered } = parseObserved(printed);
  expect([heldIn(services), unanswered]).toEqual([["api", "auth"], {}]);
});

test("a route that answers some hosts only counts as none, listed or written down", () => {
  expect(targetsIn(parseObserved(row("app", "example.org", "/", "f1:80", "running", "no")).services)).toEqual({});
  expect(targetsIn(parseWritten(written(targets).replaceAll('"hosts":[""]', '"hosts":["example.org"]')))).toEqual({});
});

test("what a gateway has written down is read as what it lists; what is cut short is none", () => {
  expect(new Set(parseWritten(written(targets)))).toEqual(new Set(servicesFor(targets)));
  expect(parseWritten(written(targets).slice(0, 99))).toEqual([]);
  expect(parseWritten("")).toEqual([]);
});

test("what a gateway holds or refuses is in what it has written down, and can be taken out of it", () => {
  for (const state of ["paused", "stopped"] as const) {
    const saved = written(targets, ["api", "app"], state);
    expect(new Set(heldIn(parseWritten(saved)))).toEqual(new Set(["api", "app"]));
    expect(withoutPauses(saved)).toBe(written(targets));
  }
});

test("a service that is asked beside the routes is told like them", () => {
  const storage = row("storage", "*", "/job-uploads", "s1:9000", "running", "no");
  const unansweredAt = (status: string) =>
    parseObserved(`${listing(targets)}${storage}\n${answers({ storage: status })}`).unanswered;
  expect([unansweredAt("403"), unansweredAt("502")]).toEqual([{}, { storage: "HTTP 502" }]);
});
