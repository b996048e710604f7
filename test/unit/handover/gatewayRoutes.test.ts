import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deployCommand, flippedMark, flipScript, parseRoutes } from "../../../infra/handover/gatewayRoutes";

const row = (...cells: string[]) => cells.map((cell) => `\u001b[m${cell}\u001b[0m   `).join("");
const listing = (api: string, ws: string, app: string) => [
  row("Service", "Host", "Path", "Target", "State", "TLS"),
  row("api", "*", "/api", `${api}:3001`, "running", "no"),
  row("app", "*", "/", `${app}:80`, "running", "no"),
  row("ws", "*", "/ws", `${ws}:3001`, "running", "no"),
  "",
].join("\n");

/** Runs the flip script with a stand-in kamal-proxy whose `deploy` and `list` do as the given shell lines say. */
function runFlip(deploy: string, list: string): { code: number; output: string } {
  const folder = mkdtempSync(join(tmpdir(), "flip-"));
  writeFileSync(join(folder, "kamal-proxy"), `#!/bin/sh\ncd ${folder}\ncase $1 in deploy) ${deploy};; list) ${list};; esac\n`, { mode: 0o755 });
  writeFileSync(join(folder, "listing"), listing("new-api", "new-api", "new-app"));
  try {
    const output = execFileSync("sh", ["-c", flipScript({ api: "new-api", ws: "new-api", app: "new-app" }, 5)], {
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}` }, encoding: "utf8",
    });
    return { code: 0, output };
  } catch (error) {
    const failed = error as { status: number; stdout: string };
    return { code: failed.status, output: failed.stdout };
  }
}

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

test("says it flipped once every route is listed, and ends only when every deploy has", () => {
  const { code, output } = runFlip("sleep 0.3; touch drained-$2", "cat listing");
  expect(code).toBe(0);
  expect(output.trim()).toBe(flippedMark);
});

test("does not say it flipped while one route still points elsewhere", () => {
  const { output } = runFlip("true", "sed s/new-app/old-app/ listing");
  expect(output).not.toContain(flippedMark);
});

test("a deploy that fails is named, and the script fails", () => {
  const { code, output } = runFlip('[ "$2" != ws ]', "sed '/ws/d' listing");
  expect(code).toBe(1);
  expect(output).toContain("route ws");
  expect(output).not.toContain(flippedMark);
});
