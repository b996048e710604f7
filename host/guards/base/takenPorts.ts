import { setCommand, type Settings } from "../../../settings";
import { dockerStop, whoListens } from "../../../util/commands";
import { isListenedOn } from "../../../util/listening";
import type { Problem } from "../../../util/operatorError";
import type { Engine } from "../../engine/engine";
import { publishedAt } from "../../engine/containers/published";
import { declares, type BaseSetting } from "../../install/services/bundled";
import { label } from "../../install/names/labels";

/** A port of the host that base is about to publish. */
export interface DeclaredPort {
  readonly setting: BaseSetting;
  /** Name of the service it leads to. */
  readonly title: string;
  /** IPv4 address. */
  readonly ip: string;
  readonly port: number;
}

/** A declared port that something else has. */
export interface TakenPort extends DeclaredPort {
  /** Absent where a program of the engine's host has it, and no container. */
  readonly container?: string;
}

/**
 * Returns ports base publishes as soon as its containers start; a gateway gets its own later if its holder has to stop
 * first. Pure.
 */
export function declaredPorts(settings: Settings<"base">): DeclaredPort[] {
  const gateway = {
    setting: "FRONTEND_PORT",
    title: "gateway",
    ip: settings.bindAddress,
    port: settings.FRONTEND_PORT,
  };
  const mail = {
    setting: "MAILPIT_UI_PORT",
    title: "mail catcher's page",
    ip: "127.0.0.1",
    port: settings.MAILPIT_UI_PORT,
  };
  return [
    ...(settings.publishGateway && settings.portHolder === undefined ? [gateway] : []),
    ...(declares(settings, "mail") ? [mail] : []),
  ] as DeclaredPort[];
}

/**
 * Finds ports that something else has. A container of the install itself does not count: it makes room for its
 * successor.
 * @param isHere true if the engine's host is this machine, the only one whose listening programs are known
 */
export async function readTakenPorts(
  engine: Engine,
  install: string,
  ports: readonly DeclaredPort[],
  isHere: boolean,
): Promise<TakenPort[]> {
  const containers = await engine.containers({});
  const taken = await Promise.all(
    ports.map(async (declared): Promise<TakenPort | undefined> => {
      const holder = containers.find(({ published }) => published.some((address) => overlaps(declared, address)));
      if (holder?.labels[label.install] === install) return undefined;
      if (holder !== undefined) return { ...declared, container: holder.name };
      return isHere && (await isListenedOn(declared.port, declared.ip)) ? declared : undefined;
    }),
  );
  return taken.filter((one) => one !== undefined);
}

/** True where two cannot have both: an address that stands for all of them overlaps every other. Pure. */
function overlaps({ ip, port }: DeclaredPort, published: string): boolean {
  const other = publishedAt(published);
  return Number(other.port) === port && (other.ip === ip || [ip, other.ip].includes("0.0.0.0"));
}

/**
 * Returns why base must not be brought up: its container could not start, and the one before it would be gone. Pure.
 */
export function takenPorts(taken: readonly TakenPort[], stack: string): Problem[] {
  return taken.map(({ setting, title, ip, port, container }) => ({
    what: `${setting} is ${port}, and ${container ?? "another program of this machine"} has that port already: base's ${title} could not be published on ${ip}:${port}.`,
    why:
      container === undefined
        ? "The first two name what has it. End that, or give base another port:"
        : "Stop what has it, or give base another port:",
    type: [...(container === undefined ? whoListens(port) : [dockerStop(container)]), setCommand(setting, stack)],
  }));
}
