/** Marks of the values in Scani's public `.env.example` and compose file. */
const marks = [/change_me/i, /not_prod(uction)?_safe/i, /not_production/i];
const values = new Set(["0123456789abcdef0123456789abcdef", "minioadmin", "scani"]);

/** True for a secret that Scani's own repository publishes for development. */
export function isDevelopmentValue(value: string): boolean {
  return values.has(value) || marks.some((mark) => mark.test(value));
}
