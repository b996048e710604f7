import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hold, holdScript } from "../../../../host/gateway/hold";
import { resumeAll } from "../../../../host/gateway/resume";
import { FakeEngine } from "../fakeEngine";
import { row } from "./listing";

/** Runs the script with a stand-in kamal-proxy that records its commands; it ends by `end` or by itself. */
function runScript(pause: string, holdSeconds: number) {
  const folder = mkdtempSync(join(tmpdir(), "hold-"));
  const calls = () => readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
  writeFileSync(join(folder, "state"), '[{"name":"api","pause_controller":{"state":1,"stop_message":""}}]');
  writeFileSync(
    join(folder, "kamal-proxy"),
    `#!/bin/sh\necho "$*" >> ${folder}/calls\ncase $1 in pause) ${pause};; esac\n`,
    { mode: 0o755 },
  );
  const script = spawn(
    "sh",
    ["-c", holdScript(["api", "app"], { drain: 5, hold: holdSeconds }, join(folder, "state"))],
    {
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    },
  );
  let output = "";
  const held = new Promise<void>((resolve) => {
    script.stdout.on("data", (chunk: Buffer) => {
      output += String(chunk);
      if (output.includes("\n")) resolve();
    });
  });
  const ended = new Promise<{ code: number | null; output: string; calls: string[] }>((resolve) => {
    script.on("close", (code) => {
      resolve({ code, output: output.trim(), calls: calls() });
      rmSync(folder, { recursive: true });
    });
  });
  const state = () => readFileSync(join(folder, "state"), "utf8");
  return { held, calls, state, ended, end: () => script.stdin.end() };
}

const paused = ["pause api --drain-timeout=5s --max-pause=12s", "pause app --drain-timeout=5s --max-pause=12s"];
const resumed = ["resume api", "resume app"];

test("requests wait from the word on until the holder is gone, and no longer", async () => {
  const script = runScript("true", 7);
  await script.held;
  expect(script.calls().toSorted()).toEqual(paused);
  // A gateway that restarts meanwhile must not start paused.
  expect(script.state()).toBe('[{"name":"api","pause_controller":{"state":0,"stop_message":""}}]');
  script.end();
  const { code, output, calls } = await script.ended;
  expect({ code, output }).toEqual({ code: 0, output: "held" });
  expect(calls.slice(2)).toEqual(resumed);
});

test("what is held is let through when the time is over, whoever still holds it", async () => {
  const script = runScript("true", 1);
  const { output, calls } = await script.ended;
  expect(output).toBe("held");
  expect(calls.slice(2)).toEqual(resumed);
});

test("where a route cannot be paused none stays so", async () => {
  const script = runScript('[ "$2" = api ] || { echo no such service; exit 1; }', 7);
  const { code, output, calls } = await script.ended;
  expect(code).toBe(1);
  expect(output).toBe("no such service");
  expect(calls.slice(2)).toEqual(resumed);
});

/** Creates a gateway on a fake engine, with the names of its paused routes. */
function gateway(refuses = false) {
  const waiting = new Set<string>();
  const engine: FakeEngine = new FakeEngine((_container, command) => {
    const text = command.join(" ");
    const resumed = /^kamal-proxy resume (\S+)$/.exec(text)?.[1];
    if (resumed !== undefined) {
      waiting.delete(resumed);
      return {};
    }
    if (text.startsWith("stat ")) return { output: "1000\n" };
    if (text.endsWith("kamal-proxy list"))
      return {
        output: ["api", "app", "storage"]
          .map((name) => row(name, "*", "/", `${name}:80`, waiting.has(name) ? "paused" : "running", "no"))
          .join("\n"),
      };
    if (refuses) return { output: "Error: service not found\n", exitCode: 1 };
    for (const [, name] of text.matchAll(/kamal-proxy pause (\S+)/g)) waiting.add(name);
    return { output: "held\n" };
  });
  const container = engine.add({ name: "gateway", state: "running" });
  return { engine, container, waiting };
}

test("requests wait until they are released", async () => {
  const { engine, waiting } = gateway();
  const held = await hold(engine, "gateway", ["api", "storage"]);
  expect([...waiting]).toEqual(["api", "storage"]);
  await held.release();
  expect([...waiting]).toEqual([]);
});

test("whoever holds requests that were let through is told", async () => {
  const { engine, container, waiting } = gateway();
  const { lost, release } = await hold(engine, "gateway", ["api"]);
  const told = new Promise((resolve) => lost.addEventListener("abort", resolve));
  engine.ends(container, 0);
  container.state = "running";
  await told;
  expect(String(lost.reason)).toContain("Requests were let through before the work they waited for was done");
  await release();
  // The pause came back with the gateway.
  expect([...waiting]).toEqual([]);
});

test("a gateway that does not hold requests is no hold", async () => {
  await expect(hold(gateway(true).engine, "gateway", ["api"])).rejects.toThrow(
    "The gateway gateway does not hold requests of api: Error: service not found",
  );
  await expect(hold(new FakeEngine(), "gateway", ["api"])).rejects.toThrow("it does not run");
});

const nothing = { routes: [], restarted: false };

test("a gateway that has its pauses from its state file, and would die of a resume, is restarted without them", async () => {
  const { engine, container, waiting } = gateway();
  waiting.add("api");
  container.startedAt = new Date(2_000_000).toISOString();
  engine.watch = (call) => {
    // On start the gateway reads its state file.
    if (call === "restart gateway") waiting.clear();
  };
  expect(await resumeAll(engine, "gateway")).toEqual({ routes: ["api"], restarted: true });
  expect(engine.calls.filter((call) => /resume|stop|start/.test(call))).toEqual(["restart gateway"]);
});

test("what a dead run left waiting is let through and named; where no gateway runs nothing is", async () => {
  const { engine, waiting, container } = gateway();
  waiting.add("api").add("storage");
  expect(await resumeAll(engine, "gateway")).toEqual({ routes: ["api", "storage"], restarted: false });
  expect([...waiting]).toEqual([]);
  expect(await resumeAll(engine, "gateway")).toEqual(nothing);
  engine.ends(container, 0);
  expect(await resumeAll(engine, "gateway")).toEqual(nothing);
  expect(await resumeAll(engine, "another")).toEqual(nothing);
});
