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
