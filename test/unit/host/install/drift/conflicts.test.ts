import { conflictProblems, conflictsAmong } from "../../../../../host/install/drift/conflicts";
import type { Listed } from "../../../../../host/gateway/deploy";
import { servicesFor } from "../../gateway/listing";

const own = servicesFor({ api: "a", ws: "a", auth: "f", app: "f" });
const uploads: Listed = { name: "storage", host: "*", path: "/job-uploads", target: "s:9000", state: "running" };
const theirs = (path: string, host = "*"): Listed => ({ name: "mine", host, path, target: "x:80", state: "running" });

test("Scani's own services are in nobody's way, with other paths neither", () => {
  const earlier = { ...own[0], name: "ws", path: "/ws" };
  expect(conflictsAmong([...own, uploads, earlier], "job-uploads")).toEqual([]);
});

test.each(["/", "/api", "/api/trpc", "/x,/ws", "/api/auth/callback", "/job-uploads", "/job-uploads/a"])(
  "somebody else's at %s is in the way",
  (path) => {
    expect(conflictsAmong([...own, theirs(path)], "job-uploads")).toEqual([theirs(path)]);
  },
);

test.each(["/blog", "/apis", "/e", "/job-uploads-2"])("somebody else's at %s is not", (path) => {
  expect(conflictsAmong([...own, theirs(path)], "job-uploads")).toEqual([]);
});

test("nor is one that answers a host name of its own, or has the path of a bucket that is elsewhere", () => {
  expect(conflictsAmong([theirs("/", "example.org")], "job-uploads")).toEqual([]);
  expect(conflictsAmong([theirs("/job-uploads")])).toEqual([]);
});

test("it is named with its paths, its target and what removes it", () => {
  expect(conflictProblems([theirs("/,/x")], "scani-gateway")).toEqual([
    {
      what: "At the gateway mine, which is not Scani's, has /, /x: it gets requests that are meant for Scani, and goes to x:80.",
      why: "Give it another path, or a host name of its own. To remove it:",
      type: "docker exec scani-gateway kamal-proxy remove mine",
    },
  ]);
});
