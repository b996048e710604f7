/** Set to `true`, it lets `destroy` take down what serves. */
const variable = "SCANI_ALLOW_DOWNTIME";

/** How an operator takes Scani down on purpose. */
export const downtimeHint = `to take Scani down on purpose, set ${variable}=true in the environment of this command`;

export function allowsDowntime(): boolean {
  return process.env[variable] === "true";
}
