import type { Moment, Reach } from "./killedUp";

/** An `up` that is killed. */
export interface Case {
  readonly target: "tier1" | "tier2";
  readonly when: string;
  readonly moment: Moment;
  readonly reach: Reach;
}

const boundaries = [
  "Updating",
  "▸ preflight",
  "✓ preflight",
  "▸ migrate",
  "✓ migrate",
  "▸ start api",
  "✓ start api",
  "▸ verify",
  "✓ verify",
  "▸ flip",
  "✓ flip",
  "▸ stop the old worker",
  "✓ stop the old worker",
  "▸ start the new worker",
  "✓ start the new worker",
  "▸ soak",
  "✓ soak",
  "▸ retire",
  "✓ retire",
];

/** Returns a boundary's pattern: in `start data-provider, api, frontend-app` any may come first. */
const lineOf = (boundary: string): RegExp => new RegExp(boundary.replace("start api", "start (api|data-provider)"));
const at = (target: Case["target"], boundary: string, reach: Reach): Case => ({
  target,
  when: `at ${boundary}`,
  moment: { line: lineOf(boundary) },
  reach,
});
const some = (target: Case["target"], index: number, reach: Reach, span: number): Case => ({
  target,
  when: `at random time ${index}`,
  moment: { afterMs: 500 + Math.floor(Math.random() * span) },
  reach,
});

/**
 * Returns every step boundary in both directions, and thirty random times.
 * @param span milliseconds within which a random kill falls
 * @param reaches `both` at each boundary, or `either`: one in each direction
 */
export function everyCase(span: number, reaches: "both" | "either"): Case[] {
  return [
    ...boundaries.flatMap((boundary) => [
      at("tier1", boundary, "alone"),
      at("tier2", boundary, "with its plugins"),
      ...(reaches === "both" ? [at("tier1", boundary, "with its plugins"), at("tier2", boundary, "alone")] : []),
    ]),
    ...Array.from({ length: 30 }, (_, index) =>
      some(index % 2 === 0 ? "tier1" : "tier2", index, index % 4 < 2 ? "alone" : "with its plugins", span),
    ),
  ];
}

/** A boundary before the flip, the flip, and one after it. */
export const fewCases: readonly Case[] = [
  at("tier1", "▸ start api", "alone"),
  at("tier2", "▸ flip", "with its plugins"),
  at("tier1", "✓ stop the old worker", "with its plugins"),
];

/** Services that run once a tier serves, and nothing else does. */
export const wholly: Readonly<Record<Case["target"], string[]>> = {
  tier1: ["tier1 api", "tier1 data-provider", "tier1 frontend-app", "tier1 worker"],
  tier2: ["tier2 api", "tier2 frontend-app", "tier2 worker"],
};
