import type { Engine } from "../engine/engine";
import { label } from "./names/labels";

/** Service labels of containers that are there only while a command works. */
export const momentary = { preflight: "preflight", files: "files" } as const;

/**
 * Removes containers that were to be there for a moment, and were left by commands that died. One that cannot be removed
 * now is removed by the next command.
 */
export async function removeLeftovers(engine: Engine, install: string): Promise<void> {
  const services: readonly string[] = Object.values(momentary);
  const all = await engine.containers({ labels: [`${label.install}=${install}`, label.service], all: true });
  const left = all.filter(({ labels }) => services.includes(labels[label.service] ?? ""));
  await Promise.all(left.map(({ id }) => engine.remove(id, { volumes: false }).catch(() => undefined)));
}
