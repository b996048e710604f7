import { isForAllHosts, removeCommand, type Listed } from "../../gateway/deploy";
import { isAmongRoutes, isAtOrBelow, routes } from "../../gateway/routes";
import { dockerExec, quoted } from "../../../util/commands";
import type { Problem } from "../../../util/operatorError";
import { uploadsPath, uploadsRouteName } from "../storage/uploads";

/**
 * Finds somebody else's services of the gateway that get requests meant for Scani: those for every host name at a path
 * of Scani's, or beneath one. At the same path the gateway also refuses Scani's own route. Pure.
 * @param bucket the uploads go to; undefined where the gateway has nothing to do with them
 */
export function conflictsAmong(services: readonly Listed[], bucket?: string): Listed[] {
  const own: readonly string[] = [...routes, uploadsRouteName];
  const inTheWay = (path: string): boolean =>
    isAmongRoutes(path) || (bucket !== undefined && isAtOrBelow(path, uploadsPath(bucket)));
  return services.filter(
    (service) => isForAllHosts(service) && !own.includes(service.name) && service.path.split(",").some(inTheWay),
  );
}

/** Writes `mine, which is not Scani's, has /`. Pure. */
export function describeConflict({ name, path }: Listed): string {
  return `${name}, which is not Scani's, has ${path.replaceAll(",", ", ")}`;
}

/**
 * Describes why nothing may be switched while there are such services, and how to remove them. Pure.
 * @param gateway Docker name
 */
export function conflictProblems(conflicts: readonly Listed[], gateway: string): Problem[] {
  return conflicts.map((service) => ({
    what: `At the gateway ${describeConflict(service)}: it gets requests that are meant for Scani, and goes to ${service.target}.`,
    why: "Give it another path, or a host name of its own. To remove it:",
    type: dockerExec(gateway, removeCommand(service.name).map(quoted).join(" ")),
  }));
}
