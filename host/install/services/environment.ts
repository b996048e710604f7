/** Variables of one container, `NAME` to value. */
export type Environment = Readonly<Record<string, string>>;

/** Value of a variable in an environment as the engine lists it, `NAME=value`; undefined when it is not in it. Pure. */
export function variableIn(environment: readonly string[], name: string): string | undefined {
  return environment.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** As `variableIn`; empty when it is not in it. Pure. */
export function valueIn(environment: readonly string[], name: string): string {
  return variableIn(environment, name) ?? "";
}

/** Variables as the engine lists them, `NAME=value`, sorted so that no run differs from the last. Pure. */
export function environmentList(environment: Environment = {}): string[] {
  return Object.keys(environment)
    .sort()
    .map((name) => `${name}=${environment[name]}`);
}

/** Variables as the engine lists them, by name. One that a compose file passes on and nobody has set has no `=`. Pure. */
export function environmentIn(list: readonly string[]): Environment {
  return Object.fromEntries(
    list.flatMap((entry) => {
      const at = entry.indexOf("=");
      return at < 1 ? [] : [[entry.slice(0, at), entry.slice(at + 1)]];
    }),
  );
}
