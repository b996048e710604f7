const units = ["KiB", "MiB", "GiB", "TiB"] as const;

/** Renders a size for people: `512 bytes`, `1.5 KiB`, `12 KiB`, `300 MiB`, `4.2 GiB`. Pure. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  // A size that rounds to 1024 of a unit is shown in the next unit.
  let [value, unit] = [bytes / 1024, 0];
  while (Math.round(value) >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${value.toFixed(value < 9.95 ? 1 : 0)} ${units[unit]}`;
}
