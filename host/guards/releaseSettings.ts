import { catalogue, moduleVariables, type Origin, type SettingName, type Tier } from "../../settings";
import { environmentIn, type Environment } from "../install/services/environment";
import { isService, type Service } from "../install/services/release";
import type { ChangedSetting } from "./changedSettings";
import type { ContainerInUse } from "./inUse";

/** Release as it is about to be declared. Holds secrets. */
export interface DeclaredRelease {
  readonly tier: Tier;
  readonly environment: Readonly<Partial<Record<Service, Environment>>>;
  readonly images: Readonly<Partial<Record<Service, string>>>;
  /** Memory limits, MiB. */
  readonly memory: Readonly<Partial<Record<Service, number>>>;
  /** Returns the origin of a setting's value; undefined where it has none. */
  origin(setting: SettingName): Origin | undefined;
}

/** Effects of another value in the shell that cannot be taken back, by setting, as the end of a sentence. */
const notices: Readonly<Partial<Record<SettingName, string>>> = {
  SCANI_CLOUD_URL: "mails and people's files go to that endpoint",
};

const settingOfVariable = new Map(catalogue.map((setting) => [setting.variable, setting]));

/**
 * Returns settings that make a release differ from the one in use, and that nobody has written down: those from the
 * shell, and those nobody gives any more. A certificate with other contents goes unnoticed. Pure.
 * @param inUse containers of one release
 */
export function releaseChanges(declared: DeclaredRelease, inUse: readonly ContainerInUse[]): ChangedSetting[] {
  const changes = new Map<SettingName, ChangedSetting>();
  for (const container of inUse) {
    for (const change of differences(declared, container)) {
      const { setting, value } = change;
      const origin = declared.origin(setting);
      // A value without an origin is derived, so nobody can take it back.
      const isUnwritten =
        origin === "the shell's environment" ||
        origin === "its default" ||
        (origin === undefined && value === undefined);
      if (isUnwritten) changes.set(setting, { ...change, origin, notice: notices[setting] });
    }
  }
  return [...changes.values()];
}

type Difference = Pick<ChangedSetting, "setting" | "value" | "was">;

function differences(declared: DeclaredRelease, container: ContainerInUse): Difference[] {
  const { service } = container;
  if (!isService(service)) return [];
  return [
    ...otherVariables(declared, service, container),
    ...otherImage(declared.images[service], container.image),
    ...otherMemory(declared.memory[service], service, container.memory),
  ];
}

function otherVariables({ tier, environment }: DeclaredRelease, service: Service, inUse: ContainerInUse): Difference[] {
  const next = environment[service];
  // The tier does not have this service.
  if (next === undefined) return [];
  const old = environmentIn(inUse.environment);
  return [...new Set([...Object.keys(next), ...Object.keys(old)])].flatMap((name) => {
    if (next[name] === old[name]) return [];
    // A variable that the image sets was never given.
    if (next[name] === undefined && (inUse.ofImage === undefined || inUse.ofImage[name] === old[name])) return [];
    const setting = settingOfVariable.get(name);
    if (setting !== undefined) {
      // Settings of base are compared for base, and one that only one tier reads has no counterpart in the other.
      const { stacks } = setting;
      const isCompared = stacks.includes(tier) && (stacks as readonly string[]).includes(inUse.tier);
      return isCompared ? [{ setting: setting.name, value: next[name], was: old[name] }] : [];
    }
    if (name === "NODE_EXTRA_CA_CERTS") return [{ setting: "caCertificate", value: next[name], was: old[name] }];
    // The origin of a variable that only the container has is unknown.
    if (moduleVariables.has(name) || next[name] === undefined) return [];
    return [{ setting: "extraEnvironment", value: next[name], was: old[name] }];
  });
}

/** Compares the names of two images, which consist of repository, service and tag. */
function otherImage(next: string | undefined, was: string): Difference[] {
  const parts = (image: string) => /^(.*)\/[^/:]+:([^/:]+)$/.exec(image);
  const [is, old] = [parts(next ?? ""), parts(was)];
  if (is === null || old === null) return [];
  return (["imageRepository", "SCANI_IMAGE_TAG"] as const)
    .map((setting, index) => ({ setting, value: is[index + 1], was: old[index + 1] }))
    .filter(({ value, was: before }) => value !== before);
}

function otherMemory(next: number | undefined, service: Service, was: number): Difference[] {
  const setting = ({ api: "apiMemory", worker: "workerMemory" } as const)[service as "api" | "worker"];
  return setting === undefined || next === undefined || next === was
    ? []
    : [{ setting, value: String(next), was: String(was) }];
}
