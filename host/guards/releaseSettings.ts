import { catalogue, moduleVariables, type Origin, type SettingName, type Tier } from "../../settings";
import { environmentIn, type Environment } from "../install/services/environment";
import { isService, type Service } from "../install/services/release";
import type { ChangedSetting } from "./changedSettings";
import type { ContainerInUse } from "./inUse";

/** A release as it is about to be declared. Holds secrets. */
export interface DeclaredRelease {
  readonly tier: Tier;
  readonly environment: Readonly<Partial<Record<Service, Environment>>>;
  readonly images: Readonly<Partial<Record<Service, string>>>;
  /** Memory limits, MiB. */
  readonly memory: Readonly<Partial<Record<Service, number>>>;
  /** Where a setting's value comes from; undefined where there is none. */
  origin(setting: SettingName): Origin | undefined;
}

/** What cannot be taken back of another value in the shell, as the end of a sentence, by setting. */
const notices: Readonly<Partial<Record<SettingName, string>>> = {
  SCANI_CLOUD_URL: "mails and people's files go to that endpoint",
};

const settingOfVariable = new Map(catalogue.map((setting) => [setting.variable, setting]));

/**
 * Settings with which a release would be another one than that in use, and that nobody has written down: those the shell
 * holds, and those nobody gives any more. Another certificate is not told from the one in use. Pure.
 * @param inUse containers of one release
 */
export function releaseChanges(declared: DeclaredRelease, inUse: readonly ContainerInUse[]): ChangedSetting[] {
  const changes = new Map<SettingName, ChangedSetting>();
  for (const container of inUse) {
    for (const change of differences(declared, container)) {
      const { setting, value } = change;
      const origin = declared.origin(setting);
      // What is derived is nobody's to take back.
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
  // A service the tier does not have.
  if (next === undefined) return [];
  const old = environmentIn(inUse.environment);
  return [...new Set([...Object.keys(next), ...Object.keys(old)])].flatMap((name) => {
    if (next[name] === old[name]) return [];
    // What its image sets was never given.
    if (next[name] === undefined && (inUse.ofImage === undefined || inUse.ofImage[name] === old[name])) return [];
    const setting = settingOfVariable.get(name);
    if (setting !== undefined) {
      // Base's own are base's to say, and the other tier has its own value of what this one alone reads.
      const { stacks } = setting;
      const isCompared = stacks.includes(tier) && (stacks as readonly string[]).includes(inUse.tier);
      return isCompared ? [{ setting: setting.name, value: next[name], was: old[name] }] : [];
    }
    if (name === "NODE_EXTRA_CA_CERTS") return [{ setting: "caCertificate", value: next[name], was: old[name] }];
    // Nobody can tell what set one that only the container has.
    if (moduleVariables.has(name) || next[name] === undefined) return [];
    return [{ setting: "extraEnvironment", value: next[name], was: old[name] }];
  });
}

/** An image's name is its repository, the service and its tag. */
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
