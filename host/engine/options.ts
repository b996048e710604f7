import type Docker from "dockerode";

/** Static addresses of a container on its networks, which dockerode's types lack. */
type Networks = Readonly<
  Record<
    string,
    { readonly IPAMConfig?: { readonly IPv4Address?: string; readonly IPv6Address?: string } | null } | null
  >
>;

/**
 * Returns the uncommon options a container was created with, as `docker run` spells them: where it finds hosts, where
 * its log goes, what it may do on its host. Leaves out values that may be secret. Pure.
 */
export function optionsOf({ HostConfig: host, NetworkSettings }: Docker.ContainerInspectInfo): string[] {
  const networks = (NetworkSettings.Networks as Networks | null) ?? {};
  const fixed = Object.values(networks).flatMap((one) => {
    const { IPv4Address, IPv6Address } = one?.IPAMConfig ?? {};
    return [...given("ip", IPv4Address), ...given("ip6", IPv6Address)];
  });
  const mode = host.NetworkMode ?? "";
  return [
    // Leave out the other container's id: nobody calls the container by it.
    ...(mode.startsWith("container:") ? ["--network container"] : given("network", mode === "host" && mode)),
    ...fixed,
    ...each("dns", host.Dns),
    ...each("dns-search", host.DnsSearch),
    ...each("dns-option", host.DnsOptions),
    ...each(
      "add-host",
      (host.ExtraHosts as string[] | null | undefined)?.map((line) => line.split(/[:=]/)[0]),
    ),
    ...given("log-driver", isFile(host.LogConfig?.Type) ? "" : host.LogConfig?.Type),
    ...each(
      "ulimit",
      host.Ulimits?.map(({ Name }) => Name ?? ""),
    ),
    ...given("cpus", host.NanoCpus ? String(host.NanoCpus / 1e9) : ""),
    ...given("cpuset-cpus", host.CpusetCpus),
    ...given("pids-limit", (host.PidsLimit ?? 0) > 0 && String(host.PidsLimit)),
    ...(host.Privileged === true ? ["--privileged"] : []),
    ...each("cap-add", host.CapAdd as string[] | null | undefined),
    ...each(
      "device",
      (host.Devices as { readonly PathOnHost?: string }[] | null | undefined)?.map(
        ({ PathOnHost }) => PathOnHost ?? "",
      ),
    ),
    ...each("sysctl", Object.keys(host.Sysctls ?? {})),
    ...given("runtime", /runc/.test(host.Runtime ?? "") ? "" : host.Runtime),
  ];
}

/** True for log drivers that keep logs on the engine, as this module's containers do. */
function isFile(driver = "json-file"): boolean {
  return ["", "json-file", "local"].includes(driver);
}

function given(option: string, value: string | false | undefined): string[] {
  return value === undefined || value === false || value === "" ? [] : [`--${option} ${value}`];
}

/** Returns the option once for each value. Docker writes an empty list as null. */
function each(option: string, values: readonly string[] | null | undefined): string[] {
  return (values ?? []).flatMap((value) => given(option, value));
}
