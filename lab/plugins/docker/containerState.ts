import type Docker from "dockerode";
import { isEmpty, type Value, type Values } from "../protocol/values";
import { duration } from "./duration";
import { mebibyte } from "./containerRequest";

/**
 * Returns a container's outputs: the given values, replaced by Docker's where the official plugin reads them back. It
 * never reads environment, labels, networks and volumes. Pure.
 * @param known inputs at creation, outputs later
 */
export function containerState(container: Docker.ContainerInspectInfo, known: Values): Values {
  const { Config, HostConfig, State } = container;
  // The type omits that any of these may be null.
  const config = Config as Partial<typeof Config> & { StopSignal?: string; StopTimeout?: number };
  const mustRun = known.mustRun ?? true;
  const outputs: Record<string, Value | undefined> = {
    ...known,
    name: container.Name.replace(/^\//, ""),
    image: String(known.image).startsWith("sha256:") ? container.Image : config.Image,
    command: config.Cmd ?? [],
    entrypoints: [config.Entrypoint ?? []].flat(),
    healthcheck: config.Healthcheck ? healthcheck(config.Healthcheck) : known.healthcheck,
    stopSignal: config.StopSignal,
    stopTimeout: config.StopTimeout,
    readOnly: HostConfig.ReadonlyRootfs ?? false,
    restart: HostConfig.RestartPolicy?.Name,
    init: HostConfig.Init ?? false,
    securityOpts: HostConfig.SecurityOpt ?? [],
    capabilities: capabilities(HostConfig) ?? known.capabilities,
    memory: (HostConfig.Memory ?? 0) / mebibyte,
    memorySwap: swap(HostConfig.MemorySwap ?? 0),
    logDriver: HostConfig.LogConfig?.Type,
    logOpts: isEmpty(known.logOpts) ? undefined : (HostConfig.LogConfig?.Config ?? {}),
    tmpfs: HostConfig.Tmpfs ?? {},
    // Docker forgets the ports of a stopped container, so keep the known ones if it need not run.
    ports:
      !isEmpty(known.ports) && (State.Running || mustRun === true)
        ? ports(container.NetworkSettings.Ports)
        : known.ports,
    // If it is stopped against its declaration, the next run sees a difference and starts it.
    mustRun: State.Running ? mustRun : false,
  };
  return Object.fromEntries(
    Object.entries(outputs).filter(
      (entry): entry is [string, Value] => entry[1] !== undefined && entry[0] !== "__defaults",
    ),
  );
}

function healthcheck(check: Docker.HealthConfig & { StartInterval?: number }): Values {
  return {
    tests: check.Test ?? [],
    interval: duration(check.Interval ?? 0),
    timeout: duration(check.Timeout ?? 0),
    startPeriod: duration(check.StartPeriod ?? 0),
    startInterval: duration(check.StartInterval ?? 0),
    retries: check.Retries ?? 0,
  };
}

function capabilities({ CapAdd, CapDrop }: Docker.HostConfig): Values | undefined {
  const [adds, drops] = [CapAdd ?? [], CapDrop ?? []];
  return adds.length + drops.length === 0 ? undefined : { adds, drops };
}

function swap(bytes: number): number {
  return bytes > 0 ? bytes / mebibyte : bytes;
}

function ports(map: Docker.ContainerInspectInfo["NetworkSettings"]["Ports"] | null | undefined): Values[] {
  const byPort = Object.entries(map ?? {}).sort(([a], [b]) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  return byPort.flatMap(([key, bindings]) => {
    const [internal, protocol] = key.split("/");
    // The bindings are null for a port that the image exposes and nobody published.
    return ((bindings ?? []) as { HostPort: string; HostIp: string }[]).map(({ HostPort, HostIp }) => ({
      internal: Number(internal),
      external: Number(HostPort),
      ip: HostIp,
      protocol: protocol ?? "tcp",
    }));
  });
}
