import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { listFile } from "../util/commands";
import { OperatorError } from "../util/operatorError";
import { settingsFile } from "./stackNames";

// The package has no types of its own.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { load } = require("js-yaml") as { load(text: string): unknown };

/**
 * Settings in a stack's file, else in the project's, by Pulumi's whole names (`scani:tier`). Read without Pulumi, which
 * takes a third of a second for the same.
 */
export class StackFile {
  private readonly own: Readonly<Record<string, unknown>>;
  private readonly project: Readonly<Record<string, unknown>>;

  /** @throws OperatorError when a file cannot be read, or is not valid YAML */
  constructor(folder: string, stack: string) {
    this.own = configIn(settingsFile(folder, stack));
    this.project = configIn(join(folder, "Pulumi.yaml"));
  }

  /** Returns the text of a value; undefined where there is none, and where it is encrypted. */
  text(name: string): string | undefined {
    const value = this.own[name] ?? declaredValue(this.project[name]);
    return value === undefined || value === null || typeof value === "object" ? undefined : String(value);
  }

  /** Lists the names of a namespace that the stack's own file gives a value, without the namespace. */
  ownNames(namespace: string): string[] {
    return Object.entries(this.own)
      .filter(([name, value]) => name.startsWith(namespace) && value !== null && value !== "")
      .map(([name]) => name.slice(namespace.length));
  }

  /** Lists the names of a namespace in either file, without it. */
  names(namespace: string): string[] {
    return [...new Set([...Object.keys(this.own), ...Object.keys(this.project)])]
      .filter((name) => name.startsWith(namespace))
      .map((name) => name.slice(namespace.length));
  }

  /** True when a file has the value unencrypted. */
  unencrypted(name: string): boolean {
    const value = this.own[name] ?? declaredValue(this.project[name]);
    return value !== undefined && (typeof value !== "object" || value === null || !("secure" in value));
  }

  /** True for a stack of a throwaway install: it takes nothing from the operator's own settings. */
  get isolated(): boolean {
    return this.text("scani-lab:throwaway") === "true";
  }
}

/** Returns the value Pulumi.yaml gives a name: the entry itself, or that of a declaration. */
function declaredValue(entry: unknown): unknown {
  if (typeof entry !== "object" || entry === null) return entry;
  const { value, default: fallback } = entry as { value?: unknown; default?: unknown };
  return value ?? fallback;
}

/**
 * Returns the URL Pulumi.yaml gives for Pulumi's state; undefined where it gives none.
 * @throws OperatorError when the file cannot be read, or is not valid YAML
 */
export function backendUrlIn(folder: string): string | undefined {
  return contentsOf(join(folder, "Pulumi.yaml")).backend?.url ?? undefined;
}

function configIn(file: string): Readonly<Record<string, unknown>> {
  return contentsOf(file).config ?? {};
}

/** The parts of a project's or a stack's file that are read here. */
interface Contents {
  readonly config?: Readonly<Record<string, unknown>> | null;
  readonly backend?: { readonly url?: string | null } | null;
}

function contentsOf(file: string): Contents {
  if (!existsSync(file)) return {};
  const text = textOf(file);
  try {
    return (load(text) as Contents | undefined) ?? {};
  } catch (error) {
    throw new OperatorError({ what: `${file} is not valid YAML.`, why: (error as Error).message.split("\n")[0] });
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new OperatorError({
      what: `${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
      type: listFile(file),
    });
  }
}
