import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../../ops/root";
import { packageVersion } from "../../../ops/pulumi/packageVersion";
import type { Played } from "../parity";
import type { Answers } from "./wire";

/**
 * What the official plugins did when they were last here to be asked, so that the test ones can be held against it
 * anywhere.
 */
export interface Recorded {
  /** Versions of the official plugins. */
  readonly plugins: Readonly<Record<"docker" | "random", string>>;
  readonly played: Played;
  readonly answers: Answers;
}

const file = join(root, "lab", "plugins", "parity", "official.json");

/** How to renew the record, on a machine that has the official plugins. */
export const renewal = "SCANI_RENEW_PARITY=1 npm test -- parity";

/** True when this run is to write the record anew. */
export const renews = process.env.SCANI_RENEW_PARITY === "1";

/** The record. */
export function recorded(): Recorded {
  return JSON.parse(readFileSync(file, "utf8")) as Recorded;
}

/** Versions of the plugins the program needs now; the record is of these, or has to be renewed. */
export function wantedVersions(): Recorded["plugins"] {
  return { docker: packageVersion("@pulumi/docker"), random: packageVersion("@pulumi/random") };
}

/** Writes one part of the record anew. */
export function renew(part: Partial<Pick<Recorded, "played" | "answers">>): void {
  const before = existsSync(file) ? recorded() : {};
  writeFileSync(file, `${JSON.stringify({ ...before, ...part, plugins: wantedVersions() }, undefined, 1)}\n`);
}
