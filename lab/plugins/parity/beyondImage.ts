type Members = Readonly<Record<string, unknown>>;

/**
 * What of a container was asked for: the members that differ from what the engine makes of the same image by itself. So
 * neither the image's make nor the engine's version shows. Pure.
 * @param inspected part of an inspection
 * @param bare the same part of a container that asks for nothing but the image
 */
export function beyond(inspected: object, bare: object): Members {
  const [one, other] = [inspected as Members, bare as Members];
  const differing = [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]),
  );
  // What the image brings and the container lacks was taken away, which is asked for too.
  return Object.fromEntries(differing.map((name) => [name, one[name] ?? null]));
}

/** The members of a list that another has not. Pure. */
export function more<T>(list: readonly T[] | null | undefined, than: readonly T[] | null | undefined): T[] {
  return (list ?? []).filter((member) => !than?.includes(member));
}
