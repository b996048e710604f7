import type { Assignment } from "../util/commands";

/**
 * A `.env` file as docker compose v2 reads it. Source: compose-go 2.9.1, packages dotenv and template; recorded results
 * of the real one are in the tests.
 */
export interface Dotenv {
  /** Lines of each value, in the file's order. */
  readonly assignments: readonly Assignment[];
  readonly values: Readonly<Record<string, string>>;
  /** Reason why compose would refuse the file, with its line; values from there on are not read. */
  readonly refused?: string;
  /**
   * Names that values refer to and nobody sets, by variable, each with the variable in which it stands: that one, or
   * one it refers to itself. Compose warns of them and takes them for empty.
   */
  readonly unset: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Variables that a value may refer to. */
interface Scope {
  get(name: string): string | undefined;
  /** Notes a name that is not set, which counts as empty. */
  missing(name: string): "";
}

class Refused extends Error {}

/**
 * Reads the text of a `.env` file. Pure.
 * @param environment variables that values may refer to before the file's own
 */
export function parseDotenv(text: string, environment: Readonly<Record<string, string | undefined>>): Dotenv {
  // Without a prototype: a variable may be called `constructor`, or `__proto__`.
  const values = Object.create(null) as Record<string, string>;
  const outside = (name: string): string | undefined =>
    Object.hasOwn(environment, name) ? environment[name] : undefined;
  const assignments: Assignment[] = [];
  const unset = new Map<string, Map<string, string>>();
  const cursor = new Cursor(text.replace(/^\uFEFF/, ""));
  try {
    for (;;) {
      cursor.take(/(?:[\s\u0085]|#[^\n]*)*/y);
      if (cursor.ended) return { values, assignments, unset };
      const first = cursor.lineHere;
      const { name, alone } = nameAt(cursor);
      if (alone) {
        const inherited = outside(name);
        if (inherited !== undefined) values[name] = inherited;
        continue;
      }
      const lacked = new Map<string, string>();
      values[name] = valueAt(cursor, {
        get: (other) => {
          const given = outside(other);
          if (given !== undefined) return given;
          // Names missing from the other value are missing from this one too.
          for (const [one, where] of unset.get(other) ?? []) lacked.set(one, where);
          return values[other];
        },
        missing: (other) => {
          lacked.set(other, name);
          return "";
        },
      });
      if (lacked.size > 0) unset.set(name, lacked);
      else unset.delete(name);
      assignments.push({ name, first, last: cursor.lineHere });
    }
  } catch (error) {
    if (error instanceof Refused)
      return { values, assignments, unset, refused: `line ${cursor.line}: ${error.message}` };
    throw error;
  }
}

/** Position in a text. */
class Cursor {
  private at = 0;
  private taken = 0;

  constructor(private readonly text: string) {}

  get ended(): boolean {
    return this.at >= this.text.length;
  }

  /** Line in which the text taken last begins. */
  get line(): number {
    return this.lineOf(this.taken);
  }

  /** Line of the text to be taken next. */
  get lineHere(): number {
    return this.lineOf(this.at);
  }

  private lineOf(at: number): number {
    return this.text.slice(0, at).split("\n").length;
  }

  /** Takes the text that a sticky expression matches here; undefined where it does not. */
  take(what: RegExp): RegExpExecArray | undefined {
    what.lastIndex = this.at;
    const found = what.exec(this.text) ?? undefined;
    this.taken = this.at;
    this.at += found?.[0].length ?? 0;
    return found;
  }
}

/** Takes the name of a variable, alone in its line or with what stands between it and its value. */
function nameAt(cursor: Cursor): { name: string; alone: boolean } {
  const [, text = "", sign] =
    cursor.take(/(?:export(?=\s)[\t\v\f\r \u0085\u00a0]*)?([^=:\n]*)([=:]?)[\t\v\f\r \u0085\u00a0]*/y) ?? [];
  const wrong = /[^\p{L}\p{N}_.[\]\t\v\f\r \u0085\u00a0-]/u.exec(text)?.[0];
  if (wrong !== undefined) throw new Refused(`${JSON.stringify(wrong)} cannot be part of a variable's name`);
  if (sign === "" && text === "" && cursor.ended) throw new Refused("`export` names no variable");
  // A last line without a line break and without `=` names nothing.
  if (sign === "" && cursor.ended) return { name: "", alone: true };
  const name = text.replace(/[\s\u0085]+$/, "");
  if (name.includes(" ")) throw new Refused(`a variable's name holds a space: ${JSON.stringify(name)}`);
  return { name, alone: sign === "" };
}

function valueAt(cursor: Cursor, scope: Scope): string {
  const quoted = cursor.take(/(["'])((?:\\[^]|(?!\1)[^\\])*)\1/y);
  if (quoted !== undefined) {
    const [, quote, inside] = quoted;
    const text = inside.replace(/\\([^])/g, (pair, character) => (character === quote ? quote : pair));
    return quote === "'" ? text : substitute(unescape(text), scope);
  }
  const [line] = cursor.take(/[^\n]*/y) as RegExpExecArray;
  if (/^["']/.test(line)) throw new Refused("a value's opening quote has no closing one");
  return substitute(line.split(" #", 1)[0].replace(/[\s\u0085]+$/, ""), scope);
}

const escapes: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  '"': '"',
  "\\": "\\",
  // Dollar signs are resolved when variables are substituted, and there `$$` is one.
  $: "$$",
};

/** Resolves the escapes of a value in double quotes. */
function unescape(text: string): string {
  return text.replace(/\\(?:([abcfnrtv$"\\])|0(\d{0,3}))/g, (all, letter: string | undefined, digits: string) => {
    if (letter !== undefined) return escapes[letter] ?? all;
    return /^[0-3][0-7]{2}$/.test(digits) ? String.fromCharCode(parseInt(digits, 8)) : `\\${digits}`;
  });
}

const reference = /\$(?:(\$)|([_a-z][_a-z0-9]*)|\{(?:([_a-z][_a-z0-9]*(?::?[-+?][^\n]*)?)\}|))/gi;

/** Replaces `$NAME`, `${NAME}`, `${NAME:-default}`, … and `$$` by what they stand for. */
function substitute(text: string, scope: Scope): string {
  return text.replace(reference, (all, escaped?: string, named?: string, braced?: string) => {
    if (escaped !== undefined) return "$";
    if (named !== undefined) return scope.get(named) ?? scope.missing(named);
    if (braced === undefined) throw new Refused("${ does not begin the name of a variable; $${ is a dollar sign");
    // The match reaches to the last brace of the line.
    const end = closingBrace(all);
    const rest = end < 0 ? "" : all.slice(end + 1);
    return valueOf(all.slice(2, end < 0 ? -1 : end), scope) + substitute(rest, scope);
  });
}

/** Finds the brace that closes the first one opened; -1 where there is none. */
function closingBrace(text: string): number {
  let open = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "}" && --open === 0) return at;
    if (text[at] === "{") {
      open += 1;
      at += 1;
    }
  }
  return -1;
}

/** Evaluates the text between braces. */
function valueOf(inside: string, scope: Scope): string {
  const [, name, sign, rest] = /^(\w+)(?:(:?[-+?])([^]*))?$/.exec(inside) as RegExpExecArray;
  const value = scope.get(name);
  if (sign === undefined) return value ?? scope.missing(name);
  const other = substitute(rest, scope);
  const given = sign.startsWith(":") && value === "" ? undefined : value;
  if (sign.endsWith("-")) return given ?? other;
  if (sign.endsWith("+")) return given === undefined ? "" : other;
  if (given === undefined) throw new Refused(`${name} is required and not set${other === "" ? "" : `: ${other}`}`);
  return given;
}
