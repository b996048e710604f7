import type { Engine } from "../engine/engine";
import { label } from "./names/labels";

/** Service labels of containers that exist only while a command works. */
export const momentary = { preflight: "preflight", files: "files" } as const;

/**
 * Removes short-lived containers that killed commands left. If one cannot be removed now, the next command removes it.
 */
export async function removeLeftovers(engine: Engine, install: string): Promise<void> {
  const services: readonly string[] = Object.values(momentary);
  const all = await engine.containers({ labels: [`${label.install}=${install}`, label.service], all: true });
  const left = all.filter(({ labels }) => services.includes(labels[label.service] ?? ""));
  await Promise.all(left.map(({ id }) => engine.remove(id, { volumes: false }).catch(() => undefined)));
}
