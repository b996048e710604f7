import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectDocker } from "../../host/engine/connect";
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

/** A command in a process of its own, as an operator's is; it takes the install's place as JSON. */
const command =
  'const { preview } = require(process.argv[1]); preview("base", console.log, JSON.parse(process.argv[2])).catch(() => { process.exitCode = 1; });';

test("a program that runs in a command's own process reads .env beside Pulumi.yaml", async () => {
  const place = await layOut("dotenv", images, {});
  try {
    writeFileSync(join(place.workDir, ".env"), "REDIS_URL=nonsense\n");
    const told = { ...place, environment: { ...place.environment, SCANI_ISOLATED: "false" } };
    const { status, stdout } = spawnSync(
      process.execPath,
      ["-e", command, join(__dirname, "..", "..", "ops", "preview.js"), JSON.stringify(told)],
      { encoding: "utf8" },
    );
    expect(stdout).toContain("REDIS_URL (from .env) is not a URL that begins with redis://");
    expect(status).toBe(1);
  } finally {
    await cleanUp(connectDocker(), place);
  }
});
