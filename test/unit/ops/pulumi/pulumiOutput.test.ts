import { saying } from "../../../../ops/pulumi/pulumiOutput";

test("pieces are said as lines, and the last one though the command fails", async () => {
  const said: string[] = [];
  await expect(
    saying(
      (line) => said.push(line),
      async ({ onOutput, color }) => {
        expect(color).toBe(process.stdout.isTTY ? "always" : "never");
        for (const piece of ["Upda", "ting (tier2):\n\n", "  error: no"]) onOutput(piece);
        throw new Error("Pulumi ended");
      },
    ),
  ).rejects.toThrow("Pulumi ended");
  expect(said).toEqual(["Updating (tier2):", "", "  error: no"]);
});
