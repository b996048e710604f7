import * as grpc from "@grpc/grpc-js";
import { LanguageRuntimeClient } from "@pulumi/pulumi/proto/language_grpc_pb";
import { ProgramInfo, RunRequest, type RunResponse } from "@pulumi/pulumi/proto/language_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { existsSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { testLanguageHost } from "../../../../lab/setup";
import { livesSince } from "../../../../util/process/lives";
import { Started } from "../../../../lab/plugins/started";
import { folder, type Folder } from "../setup/folder";

/** The whole language host: launcher, protocol, program. The SDK's starter is a script that records its arguments. */

let place: Folder;
let host: Started;
let client: LanguageRuntimeClient;

beforeEach(async () => {
  place = folder();
  host = await Started.start(join(testLanguageHost, "pulumi-language-nodejs"));
  client = new LanguageRuntimeClient(host.address, grpc.credentials.createInsecure());
});
afterEach(async () => {
  client.close();
  await host.close();
  place.remove();
});

const given = () => join(place.path, "given.json");

/** Installs a starter that records its arguments, its environment and its pid, and then runs a script. */
function starter(script: string): void {
  const note =
    "{ pid: process.pid, words: process.argv.slice(2), config: process.env.PULUMI_CONFIG, secrets: process.env.PULUMI_CONFIG_SECRET_KEYS }";
  place.file(
    "node_modules/@pulumi/pulumi/cmd/run/index.js",
    `require("fs").writeFileSync(${JSON.stringify(given())}, JSON.stringify(${note}));\n${script}`,
  );
}

function request(options: Record<string, boolean> = { typescript: false }): RunRequest {
  const info = new ProgramInfo()
    .setRootDirectory("/project")
    .setProgramDirectory(place.path)
    .setEntryPoint(".")
    .setOptions(Struct.fromJavaScript(options));
  const made = new RunRequest()
    .setProject("scani")
    .setStack("tier1")
    .setOrganization("organization")
    .setMonitorAddress("127.0.0.1:1")
    .setParallel(16)
    .setDryrun(true)
    .setConfigsecretkeysList(["scani:KEY"])
    .setInfo(info);
  made.getConfigMap().set("scani:KEY", "value");
  return made;
}

function run(asked = request()): { answer: Promise<RunResponse>; call: grpc.ClientUnaryCall } {
  let call!: grpc.ClientUnaryCall;
  const answer = new Promise<RunResponse>((resolve, reject) => {
    call = client.run(asked, (error, response) => {
      if (error) reject(error);
      else resolve(response);
    });
  });
  return { answer, call };
}

/** Waits until the starter runs. @returns what it recorded */
async function untilStarted(): Promise<{ pid: number; words: string[]; config: string; secrets: string }> {
  for (;;) {
    const text = existsSync(given()) ? readFileSync(given(), "utf8") : "";
    if (text.endsWith("}")) return JSON.parse(text);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}

const waits = "process.on('SIGINT', () => process.exit(0)); setInterval(() => {}, 1000);";
const runForEver = "process.on('SIGINT', () => {}); setInterval(() => {}, 1000);";

test("a program gets everything the engine sent, and the run is informed once that this is not the official host", async () => {
  starter("");
  expect((await run().answer).toObject()).toEqual({ error: "", bail: false });
  await run().answer;
  const { words, config, secrets } = await untilStarted();
  expect(words).toEqual([
    "--monitor",
    "127.0.0.1:1",
    "--engine",
    expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    "--organization",
    "organization",
    "--project",
    "scani",
    "--root-directory",
    "/project",
    "--stack",
    "tier1",
    "--pwd",
    place.path,
    "--parallel",
    "16",
    "--dry-run",
    ".",
  ]);
  expect(JSON.parse(config)).toEqual({ "scani:KEY": "value" });
  expect(JSON.parse(secrets)).toEqual(["scani:KEY"]);
  expect(host.logged).toEqual(["test plugin in use: nodejs language host (not the official one)"]);
});

test.each([
  [0, { error: "", bail: false }],
  [32, { error: "", bail: true }],
  [3, { error: "Program exited with non-zero exit code: 3", bail: false }],
])("a program that ends with %d is answered as the official host does", async (code, answer) => {
  starter(`process.exit(${code});`);
  expect((await run().answer).toObject()).toEqual(answer);
});

test("a program somebody killed has failed", async () => {
  starter("process.kill(process.pid, 'SIGKILL');");
  expect((await run().answer).toObject()).toEqual({ error: "Program was ended by SIGKILL", bail: false });
});

test("cancelled, a program is interrupted and the run is answered", async () => {
  starter(waits);
  const { answer } = run();
  await untilStarted();
  await new Promise<void>((resolve, reject) => {
    client.cancel(new Empty(), (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
  expect((await answer).toObject()).toEqual({ error: "", bail: false });
});

test("a program that ignores the interrupt is killed, and so is one whose run is cancelled", async () => {
  starter(runForEver);
  const { answer, call } = run();
  const { pid } = await untilStarted();
  const began = Date.now();
  call.cancel();
  await expect(answer).rejects.toMatchObject({ code: grpc.status.CANCELLED });
  while (livesSince(pid, began))
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
});

test("a program of another kind is refused", async () => {
  starter("");
  await expect(run(request({})).answer).rejects.toThrow(
    "the test language host runs compiled programs only: runtime.options.typescript must be false",
  );
});

test("neither the host nor its program outlives its engine", async () => {
  starter(waits);
  const { answer } = run();
  answer.catch(() => undefined);
  const { pid } = await untilStarted();
  const ended = once(host.process, "exit");
  const began = Date.now();
  // Close its input, as the kernel does when the engine is killed.
  host.process.stdin?.destroy();
  await expect(ended).resolves.toEqual([0, null]);
  while (livesSince(pid, began))
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
});
