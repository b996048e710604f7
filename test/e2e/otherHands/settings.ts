import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { changeSetting } from "../../../lab/throwaway";
import { preview } from "../../../ops/preview";
import { up } from "../../../ops/up";
import { settingsFile } from "../../../stacks/stackNames";
import { baseOf } from "../host";
import { failing } from "../scene";
import { scene } from "./install";

/** Runs a command in a separate process with an operator's shell environment. @returns its output */
function inShell(command: "preview" | "up", variables: Record<string, string>): string {
  const file = settingsFile(scene.place.workDir, "base");
  const settings = readFileSync(file, "utf8");
  // Make it an operator's own project, which is not isolated from the operator's settings.
  writeFileSync(file, settings.replace(/^.*scani-lab:throwaway.*\n/m, ""));
  try {
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(__dirname, "..", "runs", "commandProcess.js"), command, "base", JSON.stringify(scene.place)],
      { encoding: "utf8", env: { ...process.env, ...variables } },
    );
    expect(status).toBe(1);
    return stdout;
  } finally {
    writeFileSync(file, settings);
  }
}

test("variables of another project in the shell take nothing from under the tier that serves", async () => {
  const before = await baseOf(scene);
  for (const command of ["preview", "up"] as const) {
    const output = inShell(command, {
      DATABASE_URL: "postgres://u:STRAYPASSWORD@db.example.org/other?sslmode=verify-full",
      REDIS_URL: "redis://redis.example.org",
    });
    expect(output).toContain(
      "error: tier1 runs, and this change of base would take away what it runs on. Nothing has been touched.",
    );
    expect(output).toContain(
      `DATABASE_URL (from the shell's environment) names another Postgres, so base's own, ${scene.place.install}-postgres, would be deleted.`,
    );
    expect(output).toContain("type: unset DATABASE_URL");
    expect(output).toContain("type: unset REDIS_URL");
    expect(output).not.toContain("STRAYPASSWORD");
  }
  expect(await baseOf(scene)).toEqual(before);
});

describe("a setting that a release that runs depends on", () => {
  const original: Record<string, string> = {};

  test.each([
    ["REDIS_PASSWORD", "another-password-0123456789", "REDIS_PASSWORD (from Pulumi config) differs"],
    ["FRONTEND_PORT", "1", "FRONTEND_PORT (from Pulumi config) is 1, and the gateway is published on 127.0.0.1:"],
    ["name", "another", "SCANI_NAME (from Pulumi config) is another, and stack base holds the install "],
  ])("%s, is refused when it changes", async (name, value, said) => {
    original.name = scene.place.install;
    original.FRONTEND_PORT = new URL(scene.place.url).port;
    const before = await baseOf(scene);
    changeSetting(scene.place, "base", name, value);
    try {
      for (const command of [preview, up]) {
        const printed = await failing(scene, command, "base");
        expect(printed).toContain(said);
        expect(printed).not.toContain("another-password");
      }
    } finally {
      changeSetting(scene.place, "base", name, original[name] ?? "");
    }
    expect(await baseOf(scene)).toEqual(before);
    expect(await scene.fetchJson("/api/whoami")).toMatchObject({});
  });

  test("may change when the operator says that Scani may be down", async () => {
    changeSetting(scene.place, "base", "REDIS_PASSWORD", "another-password-0123456789");
    process.env.SCANI_ALLOW_DOWNTIME = "true";
    try {
      expect(await scene.preview("base")).toMatch(/\+-\d+ to replace/);
    } finally {
      delete process.env.SCANI_ALLOW_DOWNTIME;
      changeSetting(scene.place, "base", "REDIS_PASSWORD", "");
    }
  });
});
