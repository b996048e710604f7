import type { z } from "zod";
import { catalogue, settingNamed, type Setting } from "./table";
import { setCommand, SettingsError, type Mistake } from "./mistakes";
import { inWrongStack, unknownInConfig } from "./misspelt";
import { crossMistakes } from "./rules";
import { isAcceptable } from "./shapes";
import { Secret } from "./secret";
import type { Settings } from "./settings";
import { lookUp, type Given, type Origin, type Sources } from "./sources";
import type { StackKind } from "./spec";

/**
 * Reads and checks every setting of a stack.
 * @param stack the Pulumi stack's name, for the commands in the errors
 * @throws SettingsError with every mistake at once; nothing has been touched by then
 */
export function resolveSettings(sources: Sources, stack: string): Settings {
  const kind = stackKind(sources, stack);
  const own = catalogue.filter((setting) => setting.stacks.includes(kind));
  const given = new Map<string, Given>();
  const values = new Map<string, unknown>();
  const mistakes: Mistake[] = [];
  const accepted = acceptedIn(sources);

  for (const setting of own) {
    const found = lookUp(setting, sources);
    if (found !== undefined) given.set(setting.name, found);
    const value = found?.value ?? setting.fallback;
    if (value === undefined) {
      if (setting.required) mistakes.push(missing(setting, kind, stack));
      continue;
    }
    const parsed = setting.schema.safeParse(value);
    const clear = setting.secret && found?.origin === "Pulumi config" && sources.encrypted?.(setting.name) === false;
    if (clear)
      mistakes.push({
        setting: setting.name,
        what: `${setting.name} is stored unencrypted in Pulumi.${stack}.yaml`,
        type: setCommand(setting.name, stack),
      });
    else if (parsed.success) values.set(setting.name, setting.secret ? new Secret(String(parsed.data)) : parsed.data);
    else if (accepted.has(setting.name) && isAcceptableSecret(setting, value))
      values.set(setting.name, new Secret(value));
    else mistakes.push(wrong(setting, found, parsed.error, stack));
  }

  mistakes.push(
    ...unknownInConfig(sources.configNames ?? [], stack),
    ...inWrongStack(kind, sources, stack),
    ...crossMistakes(kind, given, stack),
  );
  if (mistakes.length > 0) throw new SettingsError(mistakes, stack);
  return settingsOf(own, values, given);
}

/** True for the value of a secret that is refused only for being short or published. Pure. */
export function isAcceptableSecret({ secret, schema }: Setting, value: string): boolean {
  const { error } = schema.safeParse(value);
  return secret === true && error !== undefined && isAcceptable(error.issues);
}

/** Returns the names of secrets the operator accepts although they are short or published. */
function acceptedIn(sources: Sources): ReadonlySet<string> {
  return new Set(lookUp(settingNamed("acceptedSecrets"), sources)?.value.split(","));
}

function stackKind(sources: Sources, stack: string): StackKind {
  const setting = settingNamed("tier");
  const found = lookUp(setting, sources);
  const parsed = setting.schema.safeParse(found?.value ?? "");
  if (parsed.success) return parsed.data as StackKind;
  throw new SettingsError(
    [found === undefined ? missing(setting, undefined, stack) : wrong(setting, found, parsed.error, stack)],
    stack,
  );
}

function missing({ name, describe }: Setting, kind: StackKind | undefined, stack: string): Mistake {
  const where = kind === undefined ? "" : `, and ${kind} cannot do without it`;
  return { setting: name, what: `${name} is missing${where}: ${describe}`, type: setCommand(name, stack) };
}

function wrong({ name, secret }: Setting, found: Given | undefined, error: z.ZodError, stack: string): Mistake {
  const issue = error.issues.find((one) => !isAcceptable([one])) ?? error.issues[0];
  const shown = secret || found === undefined ? "" : ` ${JSON.stringify(found.value.slice(0, 80))}`;
  const instead = issue.code === "custom" ? (issue.params?.instead as string | undefined) : undefined;
  return {
    setting: name,
    what: `${name} (from ${found?.origin ?? "its default"})${shown} ${issue.message}`,
    type: setCommand(name, stack, instead),
  };
}

function settingsOf(
  own: readonly Setting[],
  values: ReadonlyMap<string, unknown>,
  given: ReadonlyMap<string, Given>,
): Settings {
  const originOf = (name: string): Origin | undefined => {
    const setting = own.find((one) => one.name === name);
    if (setting?.fallback !== undefined) return given.get(name)?.origin ?? "its default";
    return given.get(name)?.origin ?? (setting?.generated ? "generated" : undefined);
  };
  // Each value was checked against the table's schema, from which its type follows.
  return Object.freeze({ ...Object.fromEntries(values), origin: originOf }) as unknown as Settings;
}
