import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectDocker } from "../../host/engine/connect";
import { settingsFile } from "../../stacks/stackNames";
import { cleanUp, layOut, type ThrowawayImages } from "../../lab/throwaway";

jest.setTimeout(60_000);

/** Never made: the settings are refused before anything is. */
const images: ThrowawayImages = {
  scaniRepository: "x",
  scaniTag: "1",
  postgres: "x:1",
  redis: "x:1",
  storage: "x:1",
  mail: "x:1",
  gateway: "x:1",
};

test("a program that runs in a command's own process reads .env beside Pulumi.yaml", async () => {
  const place = await layOut("dotenv", images, {});
  try {
    writeFileSync(join(place.workDir, ".env"), "REDIS_URL=nonsense\n");
    // As an operator's own project, which is not isolated from the operator's settings.
    const file = settingsFile(place.workDir, "base");
    writeFileSync(file, readFileSync(file, "utf8").replace(/^.*scani-lab:throwaway.*\n/m, ""));
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(__dirname, "..", "..", "ops", "cli.js"), "preview", "base", "--project", place.workDir],
      { encoding: "utf8", env: { ...process.env, ...place.environment } },
    );
    expect(stdout).toContain("REDIS_URL (from .env) is not a URL that begins with redis://");
    expect(status).toBe(1);
  } finally {
    await cleanUp(connectDocker(), place);
  }
});
