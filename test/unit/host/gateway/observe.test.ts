import { parseObserved, parseWritten } from "../../../../host/gateway/observe";
import { answers, listing, row, written } from "./listing";

const targets = { api: "a1", ws: "a2", auth: "f2", app: "f1" };

test("reads each route's container from the listing, colours and other services aside", () => {
  const other = row("blog", "example.org", "/", "blog:80", "running", "no");
  expect(parseObserved(`${listing(targets)}${other}`)).toEqual({
    names: [...Object.keys(targets), "blog"],
    routes: targets,
    paused: [],
    unanswered: {},
  });
});

test("a gateway without routes has none, and nobody has to answer", () => {
  const printed = `${row("Service", "Host", "Path", "Target", "State", "TLS")}\n${answers({ api: "404", app: "502" })}`;
  expect(parseObserved(printed)).toEqual({ names: [], routes: {}, paused: [], unanswered: {} });
});

test("a route that answers fewer paths, as an earlier version left it, counts as none", () => {
  expect(parseObserved(row("ws", "*", "/ws", "a1:3001", "running", "no")).routes).toEqual({});
});

test("held requests, and answers that are none", () => {
  const printed = `${listing(targets, ["ws"])}${answers({ api: "503", app: "none" })}`;
  expect(parseObserved(printed)).toEqual({
    names: Object.keys(targets),
    routes: targets,
    paused: ["ws"],
    unanswered: { api: "HTTP 503", app: "no answer within 3 s" },
  });
  expect(parseObserved(`${listing(targets)}${answers({ api: "200", app: "404" })}`).unanswered).toEqual({});
  expect(parseObserved(`${listing(targets, ["api"])}${answers({ api: "none" })}`).unanswered).toEqual({});
});

test("requests that somebody has the gateway refuse count as held, and nobody is asked for them", () => {
  const printed = `${listing(targets, ["api", "auth"], "stopped")}${answers({ api: "503" })}`;
  expect(parseObserved(printed)).toMatchObject({ paused: ["api", "auth"], unanswered: {} });
});

test("a route that answers some hosts only counts as none, listed or written down", () => {
  expect(parseObserved(row("app", "example.org", "/", "f1:80", "running", "no")).routes).toEqual({});
  const named = written(targets).replaceAll('"options":{', '"options":{"hosts":["example.org"],');
  expect(parseWritten(named)).toEqual({});
  expect(parseWritten(written(targets).replaceAll('"options":{', '"options":{"hosts":[""],'))).toEqual(targets);
});

test("what a gateway has written down is read as what it lists; what is cut short is none", () => {
  expect(parseWritten(written(targets))).toEqual(targets);
  expect(parseWritten(written(targets).slice(0, 99))).toEqual({});
  expect(parseWritten("")).toEqual({});
});
