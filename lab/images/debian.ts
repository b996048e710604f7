import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { contextFiles, sourceDir } from "./files";
import { follow, hash, type Recipe } from "./recipe";

const run = promisify(execFile);
export const SUITE = "bookworm";

/** Returns the recipe of Debian's minimal system, made with debootstrap from the mirror this machine itself uses. */
export function debianBase(): Recipe {
  const tag = `scani-local/base:${SUITE}`;
  const key = hash(SUITE, ...contextFiles("base").flatMap((file) => [file.name, file.content]));
  return {
    tag,
    key,
    async make({ docker, log }, labels) {
      const apt = await hostApt();
      await ensureDebootstrap(log);
      const dir = await mkdtemp(join(tmpdir(), "scani-base-"));
      try {
        const script = spawn(join(sourceDir, "context", "base", "make.sh"), [dir, SUITE, apt.mirror], {
          env: {
            ...process.env,
            PATH: `${process.env.PATH}:/usr/sbin`,
            APT_SOURCES: apt.sources,
            APT_CONF: apt.conf,
            APT_CA: apt.ca,
          },
          stdio: ["ignore", "pipe", "pipe"],
        });
        let output = "";
        script.stderr.on("data", (chunk) => (output += String(chunk)));
        const ended = once(script, "exit");
        const changes = Object.entries(labels).map(([name, value]) => `LABEL ${name}=${value}`);
        const [repo, version] = tag.split(":");
        const importing = docker
          .importImage(script.stdout, { repo, tag: version, changes: [...changes, 'CMD ["bash"]'] })
          .then((stream) => follow(docker, stream))
          .catch((error: Error) => error);
        const [[code], failed] = await Promise.all([ended as Promise<[number | null]>, importing]);
        if (code !== 0) {
          // A part of the archive may have been imported.
          if (!failed) await docker.getImage(tag).remove({ force: true });
          throw new Error(`debootstrap failed:\n${output.trim().split("\n").slice(-10).join("\n")}`);
        }
        if (failed) throw failed;
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
    },
  };
}

/** Installs debootstrap if it is missing. @throws Error that says what to type, if it cannot be installed from here */
async function ensureDebootstrap(log: (line: string) => void): Promise<void> {
  const found = await run("sh", ["-c", "command -v debootstrap"], {
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
  }).catch(() => undefined);
  if (found) return;
  if (process.getuid?.() !== 0)
    throw new Error("debootstrap is not installed\n  type, as root: apt-get install debootstrap");
  log("No debootstrap here: installing it (apt-get install debootstrap).");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update"], { env });
  await run("apt-get", ["install", "-y", "--no-install-recommends", "debootstrap"], { env });
}

interface HostApt {
  mirror: string;
  sources: string;
  conf: string;
  ca: string;
}

/** Asks apt for this machine's Debian sources, whatever format they are written in. */
async function hostApt(): Promise<HostApt> {
  const fields = ["$(SITE)", "$(RELEASE)", "$(COMPONENT)"].join("|");
  const listed = await run("apt-get", ["indextargets", "--format", fields, "Created-By: Packages"]).catch(
    () => undefined,
  );
  const targets = [...new Set((listed?.stdout ?? "").trim().split("\n"))]
    .map((line) => line.split("|"))
    .filter(
      ([, release, component]) =>
        component === "main" && new RegExp(`^${SUITE}(-updates|-security)?$`).test(release ?? ""),
    );
  const mirror = targets.find(([, release]) => release === SUITE)?.[0];
  if (!mirror) {
    throw new Error(
      `no image registry answers, and apt on this machine has no Debian ${SUITE} source to make images from`,
    );
  }
  const dump = (await run("apt-config", ["dump", "Acquire"])).stdout;
  const kept = dump.split("\n").filter((line) => /^Acquire::(Check-Valid-Until|Check-Date|https?::Proxy) /i.test(line));
  const ca = /^Acquire::https::CAInfo "(.+)";$/im.exec(dump)?.[1] ?? "/etc/ssl/certs/ca-certificates.crt";
  const isHttps = targets.some(([site]) => site?.startsWith("https:"));
  return {
    mirror,
    sources: targets.map(([site, release, component]) => `deb ${site} ${release} ${component}`).join("\n"),
    conf: kept.join("\n"),
    ca: isHttps ? ca : "",
  };
}
