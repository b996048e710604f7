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
