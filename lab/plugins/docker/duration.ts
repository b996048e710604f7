const units: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** Parses a duration as Go writes it, such as `1m30s` or `500ms`, to nanoseconds. @throws Error when it is none */
export function nanoseconds(duration: string): number {
  if (duration === "0") return 0;
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join("") !== duration)
    throw new Error(`${JSON.stringify(duration)} is not a duration`);
  return Math.round(parts.reduce((sum, [, number, unit]) => sum + Number(number) * units[unit], 0));
}

/** Formats a duration as Go writes it: `1m30s`, `0s`, `1.5ms`. @param nanoseconds a whole number, not negative */
export function duration(nanoseconds: number): string {
  if (nanoseconds === 0) return "0s";
  const small = (["ms", "µs", "ns"] as const).find((unit) => nanoseconds >= units[unit]);
  if (nanoseconds < 1e9 && small !== undefined) return `${nanoseconds / units[small]}${small}`;
  const hours = Math.floor(nanoseconds / 3600e9);
  const minutes = Math.floor((nanoseconds % 3600e9) / 60e9);
  // Compute with whole numbers until the last step, so that no digit is lost.
  const seconds = (nanoseconds % 60e9) / 1e9;
  return `${hours > 0 ? `${hours}h` : ""}${hours > 0 || minutes > 0 ? `${minutes}m` : ""}${seconds}s`;
}
