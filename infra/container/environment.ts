/** Value of a variable in a container's environment, as the engine lists it; empty when it has none. */
export function valueIn(environment: readonly string[], name: string): string {
  return environment.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
}
