import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { settingsFile } from "../../stacks/stackNames";
import { layOutProject } from "../../ops/init";
import { contextOf, outputFor, type Context } from "../../ops/context";
import type { Report } from "../../util/progress/progress";
import { throwawayConfig } from "./mark";
import { installOf, ownFolder } from "./owner";
import { freePorts } from "./ports";
import { layOutPulumiHome } from "./pulumiHome";
import { stateUrl } from "./state";

/** Images of a throwaway install. Image names are complete; tags name a version. */
export interface ThrowawayImages {
  readonly scaniRepository: string;
  readonly scaniTag: string;
  readonly postgres: string;
  readonly redis: string;
  readonly storage: string;
  readonly mail: string;
  readonly gateway: string;
}

/** An install that cannot touch any other: it has its own names, ports, networks, volumes, state and settings. */
export interface Throwaway {
  /** Folder with Pulumi.yaml and the stacks' settings. */
  readonly workDir: string;
  /** Environment of its commands, in addition to this process's own. */
  readonly environment: Readonly<Record<string, string>>;
  /** Prefix of its Docker names, and value of the label they all carry. */
  readonly install: string;
  /** Address of the gateway. */
  readonly url: string;
  /** Port of the mail catcher's page, on loopback. */
  readonly mailPort: number;
}

/** Settings of each stack besides those every throwaway has. */
export type StackSettings = Readonly<Partial<Record<"base" | "tier1" | "tier2", Readonly<Record<string, string>>>>>;

/**
 * Creates a project folder in the system's temporary folder.
 * @param kind short word for its purpose; part of every name
 * @param testPlugins named in Pulumi.yaml, so that a kept install can be used without them on PATH
 */
export async function layOut(
  kind: string,
  images: ThrowawayImages,
  settings: StackSettings,
  testPlugins: TestPlugins = {},
): Promise<Throwaway> {
  const workDir = ownFolder(kind);
  const install = installOf(workDir);
  const [httpPort, mailPort] = (await freePorts(2)) as [number, number];
  mkdirSync(join(workDir, "state"));
  layOutProject(workDir);
  const project = readFileSync(join(workDir, "Pulumi.yaml"), "utf8")
    .replace(/^( *url:) .*/m, `$1 ${stateUrl(workDir)}`)
    .replace(/^ {2}providers:$/m, (line) =>
      [...languageLines(testPlugins), line, ...providerLines(testPlugins)].join("\n"),
    );
  writeFileSync(join(workDir, "Pulumi.yaml"), project);
  const passphrase = randomBytes(16).toString("hex");
  writeFileSync(join(workDir, ".passphrase"), `${passphrase}\n`, { mode: 0o600 });

  // Use the address requests are sent to: Scani accepts only requests of its own page's origin, and compares it as
  // text.
  const url = `http://127.0.0.1:${httpPort}`;
  const tier = { imageRepository: images.scaniRepository, SCANI_IMAGE_TAG: images.scaniTag };
  const all = {
    base: {
      name: install,
      FRONTEND_PORT: String(httpPort),
      FRONTEND_URL: url,
      bindAddress: "127.0.0.1",
      MAILPIT_UI_PORT: String(mailPort),
      protectData: "false",
      postgresImage: images.postgres,
      redisImage: images.redis,
      storageImage: images.storage,
      mailImage: images.mail,
      gatewayImage: images.gateway,
    },
    tier1: tier,
    tier2: tier,
  };
  for (const stack of ["base", "tier1", "tier2"] as const) {
    writeSettings(workDir, stack, { tier: stack, ...all[stack], ...settings[stack] });
  }
  return {
    workDir,
    install,
    url,
    mailPort,
    environment: {
      PULUMI_BACKEND_URL: stateUrl(workDir),
      PULUMI_CONFIG_PASSPHRASE: passphrase,
      PULUMI_HOME: layOutPulumiHome(workDir),
    },
  };
}

/** Folders of the test plugins and the test language host; each undefined if the official one is used. */
export interface TestPlugins {
  readonly resources?: string;
  readonly language?: string;
}

function languageLines({ language }: TestPlugins): string[] {
  return language === undefined ? [] : ["  languages:", "    - name: nodejs", `      path: ${language}`];
}

function providerLines({ resources }: TestPlugins): string[] {
  return resources === undefined
    ? []
    : ["docker", "random"].flatMap((name) => [`    - name: ${name}`, `      path: ${resources}`]);
}

function writeSettings(workDir: string, stack: string, settings: Readonly<Record<string, string>>): void {
  const config = {
    ...throwawayConfig,
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`scani:${name}`, value])),
  };
  const lines = Object.entries(config).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`);
  writeFileSync(settingsFile(workDir, stack), ["config:", ...lines, ""].join("\n"));
}

/** Returns the context of commands on a throwaway install. */
export function contextOn(place: Throwaway, report: Report = () => undefined, signal?: AbortSignal): Context {
  return contextOf(
    { folder: place.workDir, environment: { ...process.env, ...place.environment } },
    outputFor({}, report),
    signal,
  );
}

/** Changes one setting of a throwaway's stack; everything else in the file stays. */
export function changeSetting(place: Throwaway, stack: string, name: string, value?: string): void {
  const file = settingsFile(place.workDir, stack);
  const others = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => !line.startsWith(`  scani:${name}:`));
  const at = others.indexOf("config:");
  if (value !== undefined) others.splice(at + 1, 0, `  scani:${name}: ${JSON.stringify(value)}`);
  writeFileSync(file, others.join("\n"));
}
