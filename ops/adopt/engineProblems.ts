import type { Adoption } from "../../host/adopt/plan";
import type { Engine } from "../../host/engine/engine";
import { missingFronts } from "../../host/guards/base/frontNetworks";
import { declaredPorts, readTakenPorts, takenPorts } from "../../host/guards/base/takenPorts";
import { subnetProblem } from "../../host/install/network/subnet";
import { baseImages, releaseImages } from "../../host/install/services/images";
import { missingImages, missingProblem } from "../../host/preflight/images";
import { setCommand, SettingsError, type Settings, type Tier } from "../../settings";
import type { Problem } from "../../util/operatorError";
import type { Context } from "../context";
import { settingsWith } from "./stacks";

/** An adoption whose settings are compared with the engine. */
export interface EngineCheck {
  readonly base: string;
  readonly adoption: Pick<Adoption, "install" | "tier" | "settings" | "tags">;
  /** True if the engine's host is this machine. */
  readonly isHere: boolean;
  /** True to check the release's images as well; false where a missing one may have been reported already. */
  readonly withRelease: boolean;
}

/**
 * Lists everything on the engine for which `up` of base, or of the tier, would refuse the settings an adoption writes:
 * networks, a subnet, ports and images they name. Mistakes in the settings are listed by themselves. Changes nothing.
 */
export async function engineProblems(
  project: Context["project"],
  engine: Engine,
  { base, adoption, isHere, withRelease }: EngineCheck,
): Promise<Problem[]> {
  const { install, tier, settings, tags } = adoption;
  const own = withoutMistakes(() => settingsWith(project, base, "base", settings.base));
  if (own === undefined) return [];
  const release = withRelease
    ? withoutMistakes(() => settingsWith<Tier>(project, base, tier, settings[tier]))
    : undefined;
  // The gateway's own port is a choice of this command, checked in its words.
  const ports = declaredPorts(own).filter(({ setting }) => setting !== "FRONTEND_PORT");
  const [networks, { isSwarmWorker }, taken, images] = await Promise.all([
    engine.networks([]),
    engine.info(),
    readTakenPorts(engine, install, ports, isHere),
    imageProblems(engine, base, own, release, Object.values(tags)),
  ]);
  const subnet = subnetProblem({ install, stack: base, named: own.subnet }, networks);
  const allNetworks = isSwarmWorker ? undefined : networks;
  return [
    ...(subnet === undefined ? [] : [subnet]),
    ...missingFronts(own.frontNetworks, own.origin("frontNetworks"), { allNetworks }, base),
    ...takenPorts(taken, base),
    ...images,
  ];
}

/** @param tagged names that images of the engine are yet to be given */
async function imageProblems(
  engine: Engine,
  base: string,
  own: Settings<"base">,
  release: Settings<Tier> | undefined,
  tagged: readonly string[],
): Promise<Problem[]> {
  const ofBase = baseImages(own);
  const all = [...ofBase.map(({ image }) => image), ...(release ? Object.values(releaseImages(release)) : [])];
  const missing = await missingImages(
    engine,
    all.filter((image) => !tagged.includes(image)),
  );
  const others = ofBase.filter(({ image }) => missing.some((one) => one.image === image));
  return missing.length === 0
    ? []
    : [
        missingProblem(
          missing,
          others.map(({ setting }) => setCommand(setting, base)),
        ),
      ];
}

function withoutMistakes<T>(resolve: () => T): T | undefined {
  try {
    return resolve();
  } catch (error) {
    if (error instanceof SettingsError) return undefined;
    throw error;
  }
}
