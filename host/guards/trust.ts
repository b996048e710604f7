/** Set to `true`, it lets the settings win over what the data was made with. */
const variable = "SCANI_TRUST_SETTINGS";

/** How an operator goes on with another key or password on purpose. */
export const trustHint = `set ${variable}=true in the environment of this command`;

export function trustsSettings(): boolean {
  return process.env[variable] === "true";
}
