import { catalogue } from "./catalogue";
import { setCommand, SettingsError, type Mistake } from "./mistakes";
import { crossMistakes } from "./rules";
import { lookUp, type Given, type Sources } from "./sources";
import type { Setting, StackKind } from "./setting";

/** Checked settings of one stack. */
export interface Settings {
  readonly kind: StackKind;
  /** Text of a setting; undefined when neither given nor assumed. */
  text(name: string): string | undefined;
  /** Text of a setting that has a default or is required. */
  need(name: string): string;
  number(name: string): number;
  flag(name: string): boolean;
  /** True when the operator gave it, as opposed to a default. */
  given(name: string): boolean;
}

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

  for (const setting of own) {
    const found = lookUp(setting, sources);
    if (found !== undefined) given.set(setting.name, found);
    const value = found?.value ?? setting.fallback;
    if (value === undefined) {
      if (setting.required?.includes(kind)) mistakes.push(missing(setting, kind, stack));
      continue;
    }
    const parsed = setting.schema.safeParse(value);
    const clear = setting.secret && found?.origin === "Pulumi config" && sources.encrypted?.(setting.name) === false;
    if (clear)
      mistakes.push({
        setting: setting.name,
        problem: `stands in clear in Pulumi.${stack}.yaml`,
        fix: setCommand(setting, stack),
      });
    else if (parsed.success) values.set(setting.name, parsed.data);
    else mistakes.push(wrong(setting, found, parsed.error.issues[0]?.message ?? "is not valid", stack));
  }

  mistakes.push(...crossMistakes(kind, given, stack));
  if (mistakes.length > 0) throw new SettingsError(mistakes, stack);
  return settingsOf(kind, values, given);
}

function stackKind(sources: Sources, stack: string): StackKind {
  const setting = catalogue.find(({ name }) => name === "tier") as Setting;
  const found = lookUp(setting, sources);
  const parsed = setting.schema.safeParse(found?.value ?? "");
  if (parsed.success) return parsed.data as StackKind;
  throw new SettingsError(
    [
      found === undefined
        ? missing(setting, undefined, stack)
        : wrong(setting, found, parsed.error.issues[0]?.message ?? "is not valid", stack),
    ],
    stack,
  );
}

function missing(setting: Setting, kind: StackKind | undefined, stack: string): Mistake {
  const where = kind === undefined ? "" : `, and ${kind} cannot do without it`;
  return { setting: setting.name, problem: `is missing${where}: ${setting.describe}`, fix: setCommand(setting, stack) };
}

function wrong(setting: Setting, found: Given | undefined, message: string, stack: string): Mistake {
  const shown = setting.secret || found === undefined ? "" : ` ${JSON.stringify(found.value.slice(0, 80))}`;
  return {
    setting: setting.name,
    problem: `(from ${found?.origin ?? "its default"})${shown} ${message}`,
    fix: setCommand(setting, stack),
  };
}

function settingsOf(
  kind: StackKind,
  values: ReadonlyMap<string, unknown>,
  given: ReadonlyMap<string, Given>,
): Settings {
  const need = (name: string): unknown => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`setting ${name} was read by a ${kind} stack, which has none`);
    return value;
  };
  return {
    kind,
    text: (name) => values.get(name) as string | undefined,
    need: (name) => String(need(name)),
    number: (name) => Number(need(name)),
    flag: (name) => need(name) === true,
    given: (name) => given.has(name),
  };
}
