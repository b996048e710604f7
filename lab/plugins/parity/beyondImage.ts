type Members = Readonly<Record<string, unknown>>;

/**
 * Returns what was requested of a container: the members that differ from what the engine makes of the same image by
 * itself. So neither the image's build nor the engine's version shows. Pure.
 * @param inspected part of an inspection
 * @param bare the same part of a container that requests nothing but the image
 */
export function beyond(inspected: object, bare: object): Members {
  const [one, other] = [inspected as Members, bare as Members];
  const differing = [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]),
  );
  // A member the image brings and the container lacks was removed on request, so it counts too.
  return Object.fromEntries(differing.map((name) => [name, one[name] ?? null]));
}

/** Returns the members of a list that another does not have. Pure. */
export function more<T>(list: readonly T[] | null | undefined, than: readonly T[] | null | undefined): T[] {
  return (list ?? []).filter((member) => !than?.includes(member));
}
