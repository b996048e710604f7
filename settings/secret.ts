import { inspect } from "node:util";

const placeholder = "(secret)";

/** Secret value. Texts, JSON and Node's own inspection show a placeholder, so that none is printed by mistake. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** Returns the value itself, for code that hands it to Pulumi as a secret. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return placeholder;
  }

  toJSON(): string {
    return placeholder;
  }

  [inspect.custom](): string {
    return placeholder;
  }
}

/** Returns the text form of a setting's value, as a container's environment takes it: a secret's is revealed. */
export function plainText(value: Secret | string | number | boolean | undefined): string | undefined {
  if (value instanceof Secret) return value.reveal();
  return value === undefined ? undefined : String(value);
}
