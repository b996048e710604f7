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
