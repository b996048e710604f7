import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The compose command of this machine. */
export interface Compose {
  /** Command and version, as `docker-compose 1.29.2`. */
  readonly version: string;
  /**
   * Runs the command in a project's folder; an interrupt kills it.
   * @throws Error with the end of what it printed when it exits non-zero
   */
  run(folder: string, args: readonly string[], signal: AbortSignal): Promise<void>;
}

/** Number of lines of a failed command's output that are shown. */
const shownLines = 20;

/** Returns `docker compose` if the plugin answers, else `docker-compose`. @throws Error when neither does */
export async function findCompose(): Promise<Compose> {
  for (const words of [["docker", "compose"], ["docker-compose"]]) {
    const found = await composeOf(words);
    if (found !== undefined) return found;
  }
  throw new Error(
    "Neither docker compose nor docker-compose is here, and the bench compares with what Scani's guide does with it.\n  Install the compose plugin and run this again.",
  );
}

/** Returns the compose command these words run; undefined if it does not answer. */
export async function composeOf(words: readonly string[]): Promise<Compose | undefined> {
  const version = await versionOf(words);
  return version === undefined
    ? undefined
    : {
        version: `${words.join(" ")} ${version}`,
        run: (folder, args, signal) => carryOut([...words, ...args], folder, signal),
      };
}

async function versionOf([program, ...words]: readonly string[]): Promise<string | undefined> {
  const answer = await run(program, [...words, "version", "--short"], { env: environment() }).catch(() => undefined);
  return answer?.stdout.trim().replace(/^v/, "");
}

async function carryOut([program, ...words]: readonly string[], cwd: string, signal: AbortSignal): Promise<void> {
  try {
    await run(program, words, { cwd, env: environment(), signal, maxBuffer: 64 * 2 ** 20 });
  } catch (error) {
    signal.throwIfAborted();
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(
      [`${[program, ...words].join(" ")} failed:`, ...`${stdout}${stderr}`.trim().split("\n").slice(-shownLines)].join(
        "\n",
      ),
    );
  }
}

/**
 * Returns an environment without the operator's own Scani settings, since compose prefers the environment to `.env`.
 */
function environment(): Record<string, string> {
  const passed = Object.entries(process.env).filter(
    ([name]) => ["PATH", "HOME"].includes(name) || name.startsWith("DOCKER_"),
  );
  return Object.fromEntries(passed) as Record<string, string>;
}
