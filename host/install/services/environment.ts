/** Variables of one container, `NAME` to value. */
export type Environment = Readonly<Record<string, string>>;

/** Returns a variable's value in the engine's list of `NAME=value`; undefined when it is missing. Pure. */
export function variableIn(environment: readonly string[], name: string): string | undefined {
  return environment.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Does the same as `variableIn`; empty when the variable is missing. Pure. */
export function valueIn(environment: readonly string[], name: string): string {
  return variableIn(environment, name) ?? "";
}

/**
 * Returns the variables that make curl go by the outgoing proxy a release's containers go by, `name=value`: in lower
 * case, since curl takes `HTTP_PROXY` for a header of CGI. Pure.
 * @param environment of such a container; Bun reads no other variables of a proxy
 * @param inside hosts of the install, which are reached without a proxy by whatever name they are asked
 */
export function proxyVariables(environment: readonly string[], inside: readonly string[] = []): string[] {
  const value = (name: string) => valueIn(environment, name) || valueIn(environment, name.toUpperCase());
  const proxies = ["http_proxy", "https_proxy"].filter((name) => value(name) !== "");
  if (proxies.length === 0) return [];
  const without = value("no_proxy");
  // A wildcard counts only by itself.
  const hosts = without === "*" ? [without] : [without, ...inside].filter((host) => host !== "");
  return [
    ...proxies.map((name) => `${name}=${value(name)}`),
    ...(hosts.length === 0 ? [] : [`no_proxy=${hosts.join()}`]),
  ];
}

/** Returns variables as the engine lists them, `NAME=value`, sorted so that no run differs from the last. Pure. */
export function environmentList(environment: Environment = {}): string[] {
  return Object.keys(environment)
    .sort()
    .map((name) => `${name}=${environment[name]}`);
}

/** Reads variables as the engine lists them. One that a compose file passes on and nobody has set has no `=`. Pure. */
export function environmentIn(list: readonly string[]): Environment {
  return Object.fromEntries(
    list.flatMap((entry) => {
      const at = entry.indexOf("=");
      return at < 1 ? [] : [[entry.slice(0, at), entry.slice(at + 1)]];
    }),
  );
}
