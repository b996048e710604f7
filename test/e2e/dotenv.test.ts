import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectDocker } from "../../host/engine/connect";
import { settingsFile } from "../../stacks/stackNames";
import { cleanUp, layOut, type ThrowawayImages } from "../../lab/throwaway";

jest.setTimeout(60_000);

/** Images that are never needed, since the settings are refused first. */
const images: ThrowawayImages = {
  scaniRepository: "x",
  scaniTag: "1",
  postgres: "x:1",
  redis: "x:1",
  storage: "x:1",
  mail: "x:1",
  gateway: "x:1",
};

/** Runs a command on a project with this `.env`, in a separate process. */
async function typed(command: "preview" | "up", dotenv: string) {
  const place = await layOut("dotenv", images, {});
  try {
    writeFileSync(join(place.workDir, ".env"), dotenv);
    // Make it an operator's own project, which is not isolated from the operator's settings.
    const file = settingsFile(place.workDir, "base");
    writeFileSync(file, readFileSync(file, "utf8").replace(/^.*scani-lab:throwaway.*\n/m, ""));
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(__dirname, "..", "..", "ops", "cli.js"), command, "base", "--project", place.workDir],
      { encoding: "utf8", env: { ...process.env, ...place.environment } },
    );
    return { status, stdout, file: join(place.workDir, ".env") };
  } finally {
    await cleanUp(connectDocker(), place);
  }
}

test("a program that runs in a command's own process reads .env beside Pulumi.yaml", async () => {
  const { status, stdout } = await typed("preview", "REDIS_URL=nonsense\n");
  expect(stdout).toContain("REDIS_URL (from .env) is not a URL that begins with redis://");
  expect(status).toBe(1);
});

test("the .env of Scani's installer, given to up without adopt, is refused with one message that names what is compose's", async () => {
  const key = "0f".repeat(32);
  const composes = {
    DATABASE_URL: `postgres://scani:${key}@postgres:5432/scani?sslmode=disable`,
    REDIS_URL: "redis://redis:6379",
    S3_ENDPOINT: "http://minio:9000",
    SMTP_URL: "smtp://mailpit:1025",
  };
  const all = { ENCRYPTION_KEY: key, S3_ACCESS_KEY_ID: "scani", S3_SECRET_ACCESS_KEY: key, ...composes };
  const lines = Object.entries(all).map(([name, value]) => `${name}=${value}\n`);
  const { status, stdout, file } = await typed("up", lines.join(""));
  expect(status).toBe(1);
  const said = stdout.slice(stdout.indexOf("error: "));
  expect(said).toContain("4 settings are wrong for stack base; nothing has been touched.");
  for (const [at, [name, value]] of Object.entries(composes).entries()) {
    expect(said).toContain(
      `${name} (from .env) names ${new URL(value).hostname}, a service of Scani's own compose file`,
    );
    expect(said).toContain(`type: sed -i.bak '${at + 4}s/^/#/' ${file}`);
  }
  expect(said).toMatch(/type: npm run adopt -- --plan --port 8090 --project /);
  expect(stdout).not.toContain(key);
});
