import { CommandError, type EngineEvent } from "@pulumi/pulumi/automation";
import { ReportedFailure } from "../../../../ops/pulumi/words";
import { closingWords } from "../../../../ops/runCommand";
import { colorOf, reporting } from "../../../../ops/pulumi/pulumiOutput";

const project = { folder: "", environment: { NO_COLOR: "1" } };

test.each<[NodeJS.ProcessEnv, boolean, string]>([
  [{ TERM: "xterm-256color" }, true, "always"],
  [{ TERM: "xterm-256color" }, false, "never"],
  [{ NO_COLOR: "1" }, true, "never"],
  [{ NO_COLOR: "" }, true, "always"],
  [{ TERM: "dumb" }, true, "never"],
  [{ CI: "true" }, true, "never"],
  [{ CI: "false" }, true, "always"],
])("given %j, on a terminal: %j, Pulumi prints colours: %s", (environment, onTerminal, color) => {
  expect(colorOf(environment, onTerminal)).toBe(color);
});

test("pieces are reported as lines, and the last one though the command fails", async () => {
  const reported: string[] = [];
  await expect(
    reporting(
      { project, report: (line) => reported.push(line), signal: new AbortController().signal },
      "base",
      async ({ onOutput, color }) => {
        expect(color).toBe("never");
        for (const piece of ["Upda", "ting (tier2):\n\n", "  error: no"]) onOutput?.(piece);
        throw new Error("Pulumi ended");
      },
    ),
  ).rejects.toThrow("Pulumi ended");
  expect(reported).toEqual(["Updating (tier2):", "", "  error: no"]);
});

test("only what Pulumi printed itself, and what was reported, counts as shown", async () => {
  const said = "code: 255\n stderr: \u001b[31merror: no\u001b[0m";
  const failed = new (CommandError as unknown as new (result: object) => CommandError)({ toString: () => said });
  const reported = (error: Error) =>
    reporting({ project, report: () => undefined, signal: new AbortController().signal }, "base", () =>
      Promise.reject(error),
    ).catch((thrown: unknown) => thrown);
  const shown = await reported(failed);
  expect(shown).toMatchObject({ name: "ReportedFailure", message: "code: 255\n stderr: error: no", cause: failed });
  expect(shown).toBeInstanceOf(ReportedFailure);
  expect(closingWords(shown)).toBe("Pulumi ended with an error, shown above.");
  expect(closingWords(await reported(new Error("another")))).toBe("another");
});

describe("a network the plugin could not remove", () => {
  const failed = new (CommandError as unknown as new (result: object) => CommandError)({ toString: () => "code: 255" });
  const sentence = "timeout while waiting for state to become 'removed' (last state: 'pending', timeout: 30s)";
  const words = /^The network data has not been removed: [^]*--filter name=data/;
  /** A host that no systemd of this machine's runs. */
  const remote = { folder: "", environment: { SCANI_DOCKER_HOST: "tcp://10.0.0.9:2375" } };
  const signal = new AbortController().signal;

  test("is said with what to do, after Pulumi's words", async () => {
    const reported: string[] = [];
    const ended = reporting(
      { project: remote, report: (line) => reported.push(line), signal },
      "base",
      async ({ onOutput }) => {
        onOutput?.(" -  docker:index:Network data \u001b[31mdeleting failed\u001b[0m error: 1 error occurred\n");
        onOutput?.("Diagnostics:\n  \u001b[94mdocker:index:Network\u001b[0m (data):\n");
        onOutput?.(
          `    error: deleting urn: 1 error occurred:\n    \t* ${sentence}\n\n  pulumi:pulumi:Stack (scani):\n`,
        );
        onOutput?.("    error: update failed");
        throw failed;
      },
    );
    await expect(ended).rejects.toBeInstanceOf(ReportedFailure);
    expect(reported.slice(-2)).toEqual(["    error: update failed", expect.stringMatching(words)]);
    expect(reported.join("\n")).not.toContain("systemctl");
  });

  test("is said too where its events are read", async () => {
    const [reported, events]: [string[], EngineEvent[]] = [[], []];
    const urn = "urn:pulumi:base::scani::scani:Base$scani:base:Networks$docker:index/network:Network::data";
    const event = { sequence: 1, timestamp: 1, diagnosticEvent: { urn, message: sentence } } as EngineEvent;
    const ended = reporting(
      { project: remote, report: (line) => reported.push(line), signal },
      "base",
      async ({ onEvent }) => {
        onEvent?.(event);
        onEvent?.(event);
        throw failed;
      },
      (one) => events.push(one),
    );
    await expect(ended).rejects.toBeInstanceOf(ReportedFailure);
    expect([reported, events]).toEqual([[expect.stringMatching(words)], [event, event]]);
  });

  test("is not the only thing: a release's network that gets no addresses is said too, with no prune", async () => {
    const reported: string[] = [];
    const ended = reporting(
      { project: remote, report: (line) => reported.push(line), signal },
      "tier1",
      async ({ onOutput }) => {
        onOutput?.(
          "  docker:index:Network (tier1-net):\n    error: Unable to create network: Error response from daemon: ",
        );
        onOutput?.("all predefined address pools have been fully subnetted");
        throw failed;
      },
    );
    await expect(ended).rejects.toBeInstanceOf(ReportedFailure);
    expect(reported.at(-1)).toMatch(
      /no block of addresses left for the network tier1-net: [^]*type: docker network ls/,
    );
    expect(reported.at(-1)).not.toContain("type: docker network prune");
  });

  test.each([
    ["something else's words", `  scani:index:BaseReady (ready):\n    error: ${sentence}`],
    ["words after the diagnostic", `  docker:index:Network (data):\n    error: no\nResources:\n    ${sentence}`],
  ])("%s are left as they are", async (_what, output) => {
    const reported: string[] = [];
    const ended = reporting(
      { project: remote, report: (line) => reported.push(line), signal },
      "base",
      async ({ onOutput }) => {
        onOutput?.(output);
        throw failed;
      },
    );
    await expect(ended).rejects.toBeInstanceOf(ReportedFailure);
    expect(reported).toEqual(output.split("\n"));
  });
});
