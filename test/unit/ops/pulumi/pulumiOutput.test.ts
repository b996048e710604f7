import { CommandError } from "@pulumi/pulumi/automation";
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
    reporting({ project, report: () => undefined, signal: new AbortController().signal }, () =>
      Promise.reject(error),
    ).catch((thrown: unknown) => thrown);
  const shown = await reported(failed);
  expect(shown).toMatchObject({ name: "ReportedFailure", message: "code: 255\n stderr: error: no", cause: failed });
  expect(shown).toBeInstanceOf(ReportedFailure);
  expect(closingWords(shown)).toBe("Pulumi ended with an error, shown above.");
  expect(closingWords(await reported(new Error("another")))).toBe("another");
});
