/** Every command an operator is told to type is spelled here, for a POSIX shell in the project's folder. Pure. */

/** A word as the shell takes it literally. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command of this module. @param words after its name */
function command(name: string, ...words: readonly string[]): string {
  return [`npm run ${name}`, ...(words.length === 0 ? [] : ["--", ...words])].join(" ");
}

export const upCommand = (stack: string): string => command("up", quoted(stack));
export const previewCommand = (stack: string): string => command("preview", quoted(stack));
export const downCommand = (stack: string): string => command("down", quoted(stack));
export const statusCommand = (install?: string): string =>
  install === undefined ? command("status") : command("status", "--name", quoted(install));
export const refreshCommand = (stack: string): string => pulumiCommand("up", "--refresh", "--stack", quoted(stack));
export const backupCommand = (): string => command("backup");
export const backupsCommand = (): string => command("backups");
export const restoreCommand = (file: string, ...options: readonly string[]): string =>
  command("restore", quoted(file), ...options);

/** Commands of Docker's. */
export const dockerStart = (container: string, ...options: readonly string[]): string =>
  ["docker start", ...options, quoted(container)].join(" ");
export const dockerStop = (...containers: readonly string[]): string =>
  ["docker stop", ...containers.map(quoted)].join(" ");
export const dockerUnpause = (...containers: readonly string[]): string =>
  ["docker unpause", ...containers.map(quoted)].join(" ");
export const dockerPull = (image: string): string => `docker pull ${quoted(image)}`;

/** A command of Pulumi's own, which this module finds or builds. */
export const pulumiCommand = (...words: readonly string[]): string => command("pulumi", ...words);

/** Where the value of a setting comes from, in a command that sets it. */
export type GivenValue =
  /** The words to set. */
  | { readonly value: string }
  /** Asked for, so that a secret stays out of the shell's history. */
  | { readonly secret: true }
  /** What a file holds. */
  | { readonly file: string };

/** Sets a setting of a stack. */
export function setCommand(name: string, stack: string, given: GivenValue): string {
  const at = ["--stack", quoted(stack)];
  if ("secret" in given) return pulumiCommand("config", "set", "--secret", name, ...at);
  if ("file" in given) return `${pulumiCommand("config", "set", name, ...at)} < ${quoted(given.file)}`;
  // A value that begins with a dash would be read as an option.
  const value = given.value.startsWith("-") ? ["--", quoted(given.value)] : [quoted(given.value)];
  return pulumiCommand("config", "set", ...at, name, ...value);
}

/** Takes a setting out of a stack. */
export const removeSettingCommand = (name: string, stack: string): string =>
  pulumiCommand("config", "rm", name, "--stack", quoted(stack));

/** Takes a variable out of the shell's environment. */
export const unsetCommand = (variable: string): string => `unset ${variable}`;

/** Takes a variable out of the project's `.env`, and keeps the file as it was beside it. */
export const removeVariableCommand = (variable: string): string =>
  `sed -i.bak -E '/^(export )?${variable}[[:space:]]*=/d' .env`;
