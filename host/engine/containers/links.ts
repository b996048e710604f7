import type Docker from "dockerode";

/** A container that another one reaches by a name of its own choice (`--link`, compose's `links`). */
export interface Link {
  /** Name or id of the container that is reached. */
  readonly container: string;
  /** Name by which it is reached. */
  readonly as: string;
}

/** Links on the networks of a container, which dockerode's types lack. */
type Networks = Readonly<Record<string, { readonly Links?: readonly string[] | null } | null>>;

/**
 * Reads whom a container reaches by names that are in no network's DNS. Links on a network are written
 * `container:name`, those of Docker's default network `/container:/self/name`. Pure.
 */
export function linksOf({ HostConfig, NetworkSettings }: Docker.ContainerInspectInfo): Link[] {
  const networks = (NetworkSettings.Networks as Networks | null) ?? {};
  const written = [
    ...((HostConfig.Links as readonly string[] | null | undefined) ?? []),
    ...Object.values(networks).flatMap((one) => one?.Links ?? []),
  ];
  return [...new Set(written)].map((link) => {
    const [container, as = container] = link.split(":").map((part) => part.slice(part.lastIndexOf("/") + 1));
    return { container, as };
  });
}
