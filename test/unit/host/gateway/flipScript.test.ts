import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  begunMark,
  withoutMarks,
  flippedMark,
  flipScript,
  markedAt,
  notWritten,
} from "../../../../host/gateway/flipScript";
import { listing, written as writtenFor } from "./listing";

const targets = (api: string, ws: string, app: string) => ({ api, ws, auth: app, app });

const written = (api: string, ws: string, app: string) => writtenFor(targets(api, ws, app));

/**
 * Shell lines of a stand-in kamal-proxy. It runs in its own folder, where `listing` and `new-state` hold its present
 * routes.
 */
interface Gateway {
  readonly deploy: string;
  readonly list: string;
  readonly resume?: string;
}

/** Runs the flip script with a stand-in kamal-proxy. @param state content of its state file before */
function runFlip(
  { deploy, list, resume = "true" }: Gateway,
  state?: string,
): { code: number; output: string; state: string | undefined } {
  const folder = mkdtempSync(join(tmpdir(), "flip-"));
  const file = join(folder, "state");
  writeFileSync(
    join(folder, "kamal-proxy"),
    `#!/bin/sh\ncd ${folder}\necho $1 >> calls\ncase $1 in deploy) ${deploy};; list) ${list};; resume) ${resume};; esac\n`,
    { mode: 0o755 },
  );
  writeFileSync(join(folder, "listing"), listing(targets("new-api", "new-api", "new-app")));
  writeFileSync(join(folder, "new-state"), written("new-api", "new-api", "new-app"));
  if (state !== undefined) writeFileSync(file, state);
  const ended = (code: number, output: string) => ({
    code,
    output: output.trim().replace(/ \d+\.\d+$/gm, ""),
    state: state === undefined ? undefined : readFileSync(file, "utf8"),
  });
  try {
    return ended(
      0,
      execFileSync("sh", ["-c", flipScript(targets("new-api", "new-api", "new-app"), 5, file)], {
        env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
        encoding: "utf8",
      }),
    );
  } catch (error) {
    const failed = error as { status: number; stdout: string };
    return ended(failed.status, failed.stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const said = (...more: string[]) => [begunMark, ...more].join("\n");

test("says it flipped once every route is listed, and ends only when every deploy has", () => {
  const { code, output } = runFlip({ deploy: "sleep 0.3; touch drained-$2", list: "cat listing" });
  expect({ code, output }).toEqual({ code: 0, output: said(flippedMark) });
});

test("does not say it flipped while one route still points elsewhere", () => {
  const { output } = runFlip({ deploy: "true", list: "sed s/new-app/old-app/ listing" });
  expect(output).not.toContain(flippedMark);
});

test("a deploy that fails is named, and the script fails", () => {
  const { code, output } = runFlip({ deploy: '[ "$2" != ws ]', list: "sed '/ws/d' listing" });
  expect(code).toBe(1);
  expect(output).toContain("route ws");
  expect(output).not.toContain(flippedMark);
});

const old = written("old-api", "old-api", "old-app");

test("what the gateway has written is believed only where it does the same", () => {
  const { code, output } = runFlip(
    { deploy: "sleep 0.2", list: "sed s/new-app/old-app/ listing" },
    written("new-api", "new-api", "new-app"),
  );
  expect({ code, output }).toEqual({ code: 0, output: said() });
});

test.each([
  ["of the api", written("old-api", "new-api", "new-app")],
  ["of /ws", written("new-api", "old-api", "new-app")],
  ["of the app", written("new-api", "new-api", "old-app")],
  ["of all", old],
  ["of the paths of /ws", written("new-api", "new-api", "new-app").replace(/\["\/ws"[^\]]*\]/, '["/ws"]')],
  ["without the sign-in", writtenFor({ api: "new-api", ws: "new-api", app: "new-app" })],
  ["cut in the middle", written("new-api", "new-api", "new-app").slice(0, 40)],
])("a gateway whose last word was an older one, %s, writes down what it does", (_which, stale) => {
  const { code, output, state } = runFlip(
    { deploy: "true", list: "cat listing", resume: "cat new-state > state" },
    stale,
  );
  expect({ code, output, state }).toEqual({
    code: 0,
    output: said(flippedMark),
    state: written("new-api", "new-api", "new-app"),
  });
});

test("a deploy that writes an older word when it ends is the last to be looked at", () => {
  const { code, state } = runFlip(
    { deploy: `sleep 0.3; printf '%s' '${old}' > state`, list: "cat listing", resume: "cat new-state > state" },
    old,
  );
  expect({ code, state }).toEqual({ code: 0, state: written("new-api", "new-api", "new-app") });
});

test("a gateway that does not write it down is told apart from one that did not flip", () => {
  const { code, output } = runFlip({ deploy: "true", list: "cat listing" }, old);
  expect({ code, output }).toEqual({ code: notWritten, output: said(flippedMark) });
});

test("a mark's time is read, and no other line's", () => {
  expect(markedAt(flippedMark, "flipped 123.45")).toBe(123.45);
  for (const line of ["flipped", "flipped soon", "begun 1.00", "unflipped 1.00", ""])
    expect(markedAt(flippedMark, line)).toBeUndefined();
  expect(withoutMarks("begun 1.00\nError: no target\nflipped 2.00\nroute ws: no deploy")).toBe(
    "Error: no target\nroute ws: no deploy",
  );
});
