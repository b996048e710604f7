import { deployCommand, parseRoutes } from "../../../infra/handover/gatewayRoutes";
import { listing, row } from "./listing";

test("reads each route's container from the listing, colours and other services aside", () => {
  const other = row("blog", "example.org", "/", "blog:80", "running", "no");
  expect(parseRoutes(`${listing("a1", "a2", "f1")}${other}`)).toEqual({ api: "a1", ws: "a2", app: "f1" });
});

test("a gateway without routes has none", () => {
  expect(parseRoutes(row("Service", "Host", "Path", "Target", "State", "TLS"))).toEqual({});
});

test("/api is stripped, /ws is not", () => {
  expect(deployCommand("api", "c", 9)).toEqual(expect.arrayContaining(["--path-prefix=/api", "--strip-path-prefix=true", "--target=c:3001", "--drain-timeout=9s"]));
  expect(deployCommand("ws", "c", 9)).toEqual(expect.arrayContaining(["--path-prefix=/ws", "--strip-path-prefix=false"]));
  expect(deployCommand("app", "c", 9)).toEqual(expect.arrayContaining(["--path-prefix=/", "--target=c:80"]));
});
