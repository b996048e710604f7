import type Docker from "dockerode";
import { isEmpty, objects, text, texts, type Values } from "../protocol/values";
import { nanoseconds } from "./duration";
import { labelsOf } from "./labels";

/** Bytes in one MiB, the unit of the memory limits. */
export const mebibyte = 1024 * 1024;

/** Translates checked inputs into the request that creates the container. Networks are connected afterwards. Pure. */
export function containerRequest(inputs: Values): Docker.ContainerCreateOptions {
  const ports = objects(inputs, "ports").map((port) => ({
    key: `${port.internal}/${port.protocol ?? "tcp"}`,
    host: String(port.external ?? 0),
    ip: String(port.ip ?? "0.0.0.0"),
  }));
  const volumes = objects(inputs, "volumes");
  return {
    name: text(inputs, "name"),
    Image: text(inputs, "image"),
    Labels: labelsOf(inputs),
    Env: texts(inputs, "envs"),
    ...given(inputs, "entrypoints", () => ({ Entrypoint: texts(inputs, "entrypoints") })),
    ...given(inputs, "command", () => ({ Cmd: texts(inputs, "command") })),
    ...given(inputs, "healthcheck", (check) => ({ Healthcheck: healthcheck(check as Values) })),
    ...given(inputs, "stopSignal", (signal) => ({ StopSignal: signal as string })),
    ...given(inputs, "stopTimeout", (seconds) => ({ StopTimeout: seconds as number })),
    ExposedPorts: Object.fromEntries(ports.map(({ key }) => [key, {}])),
    Volumes: Object.fromEntries(volumes.map((volume) => [text(volume, "containerPath"), {}])),
    HostConfig: {
      // As in the official plugin: start on the default network, which is left again for the requested ones.
      NetworkMode: "bridge",
      Binds: unlessEmpty(volumes.map((volume) => `${text(volume, "volumeName")}:${text(volume, "containerPath")}:rw`)),
      PortBindings: unlessEmpty(bindings(ports)),
      RestartPolicy: { Name: String(inputs.restart ?? "no"), MaximumRetryCount: 0 },
      ReadonlyRootfs: inputs.readOnly === true,
      Init: inputs.init === true,
      LogConfig: { Type: String(inputs.logDriver ?? ""), Config: (inputs.logOpts ?? {}) as Record<string, string> },
      SecurityOpt: texts(inputs, "securityOpts"),
      ...given(inputs, "tmpfs", (paths) => ({ Tmpfs: paths as Record<string, string> })),
      ...given(inputs, "capabilities", (capabilities) => ({
        CapAdd: unlessEmpty(texts(capabilities as Values, "adds")),
        CapDrop: unlessEmpty(texts(capabilities as Values, "drops")),
      })),
      ...memoryLimits(inputs),
    },
  };
}

/** Returns memory limits in bytes, as creating and updating a container take them. A swap limit of -1 is none. */
export function memoryLimits(inputs: Values): { Memory?: number; MemorySwap?: number } {
  return {
    ...given(inputs, "memory", (limit) => ({ Memory: (limit as number) * mebibyte })),
    ...given(inputs, "memorySwap", (limit) => ({
      MemorySwap: (limit as number) > 0 ? (limit as number) * mebibyte : (limit as number),
    })),
  };
}

function given<T extends object>(
  inputs: Values,
  name: string,
  fields: (value: Values[string]) => T,
): T | Record<string, never> {
  const value = inputs[name];
  return value === undefined || isEmpty(value) ? {} : fields(value);
}

/** Turns an empty list into undefined: Docker distinguishes the two, and the official plugin sends none. */
function unlessEmpty<T extends object>(values: T): T | undefined {
  return Object.keys(values).length === 0 ? undefined : values;
}

function healthcheck(check: Values): Docker.HealthConfig {
  const time = (name: string): number => nanoseconds(String(check[name] ?? "0s"));
  const startInterval = time("startInterval");
  return {
    Test: texts(check, "tests"),
    Interval: time("interval"),
    Timeout: time("timeout"),
    StartPeriod: time("startPeriod"),
    Retries: Number(check.retries ?? 0),
    // Engines before 25 do not know StartInterval.
    ...(startInterval === 0 ? {} : { StartInterval: startInterval }),
  };
}

function bindings(ports: readonly { key: string; host: string; ip: string }[]): Docker.PortMap {
  const map: Docker.PortMap = {};
  for (const { key, host, ip } of ports) (map[key] ??= []).push({ HostPort: host, HostIp: ip });
  return map;
}
