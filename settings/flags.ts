/** Flags of one command, in the environment alone: in a file they would outlive the command they were meant for. */
const flags = {
  /** Lets the settings win over what the data was made with. */
  trustSettings: "SCANI_TRUST_SETTINGS",
  /** Allows any change or takedown that interrupts a serving release. */
  allowDowntime: "SCANI_ALLOW_DOWNTIME",
  /** Lets base make everything anew where its data is gone. */
  startEmpty: "SCANI_START_EMPTY",
  /** Brings stack traces back. */
  debug: "SCANI_DEBUG",
} as const;

export type Flag = keyof typeof flags;

/** Variables of all flags. */
export const flagVariables: readonly string[] = Object.values(flags);

/** True where a flag is set: only `true` sets one. */
export function isSet(name: Flag, environment: NodeJS.ProcessEnv = process.env): boolean {
  return environment[flags[name]] === "true";
}

/** Returns the environment in which a flag is set. */
export function flagOn(name: Flag): Record<string, string> {
  return { [flags[name]]: "true" };
}

/** Spells a command with a flag set for it alone. */
export function withFlag(name: Flag, command: string): string {
  return `${flags[name]}=true ${command}`;
}

/** Describes how an operator sets a flag, as the end of a sentence. */
export function howToSet(name: Flag): string {
  return `set ${flags[name]}=true in the environment of this command`;
}
