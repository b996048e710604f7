import { totalmem } from "node:os";

/** Bytes of memory from which on a build may use more of it; the largest process then takes about two GiB. */
const plenty = 8 * 1024 ** 3;

/**
 * Returns the environment for building a Go program of pinned modules, without the operator's own workspace, flags and
 * C compiler, which are not meant for it. With enough memory the compiler collects garbage less often: that saves a
 * fifth of its time (*measured*: 86 s instead of 99 to 115).
 * @param bytes memory of this machine
 */
export function goEnvironment(environment: NodeJS.ProcessEnv, bytes: number = totalmem()): NodeJS.ProcessEnv {
  return {
    ...environment,
    CGO_ENABLED: "0",
    GOFLAGS: "",
    GOWORK: "off",
    ...(bytes >= plenty && environment.GOGC === undefined ? { GOGC: "400" } : {}),
  };
}
