import { CommandError } from "@pulumi/pulumi/automation";
import { ReportedFailure } from "../../../../ops/pulumi/words";
import { closingWords } from "../../../../ops/runCommand";
import { reporting } from "../../../../ops/pulumi/pulumiOutput";

test("pieces are reported as lines, and the last one though the command fails", async () => {
  const reported: string[] = [];
  await expect(
    reporting(
      { report: (line) => reported.push(line), signal: new AbortController().signal },
      async ({ onOutput, color }) => {
        expect(color).toBe(process.stdout.isTTY ? "always" : "never");
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
    reporting({ report: () => undefined, signal: new AbortController().signal }, () => Promise.reject(error)).catch(
      (thrown: unknown) => thrown,
    );
  const shown = await reported(failed);
  expect(shown).toMatchObject({ name: "ReportedFailure", message: "code: 255\n stderr: error: no", cause: failed });
  expect(shown).toBeInstanceOf(ReportedFailure);
  expect(closingWords(shown)).toBe("Pulumi ended with an error, shown above.");
  expect(closingWords(await reported(new Error("another")))).toBe("another");
});
