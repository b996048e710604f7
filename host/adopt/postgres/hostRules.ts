import { subnetRanges } from "../../install/network/subnet";
import type { Login } from "../../install/data/databaseUrl";
import { isWithin, parseBlock, type Block } from "../../../util/ipv4";

/**
 * A line of pg_hba.conf, by which Postgres lets in or refuses whoever logs in, as `pg_hba_file_rules` has it: all but
 * the number and the error is null where it cannot be read.
 */
export interface HostRule {
  readonly line: number;
  readonly type: string | null;
  readonly databases: readonly string[] | null;
  readonly roles: readonly string[] | null;
  readonly address: string | null;
  readonly netmask: string | null;
  readonly method: string | null;
  /** Set as well where it can be read and matches nobody, as `hostssl` without TLS. */
  readonly error: string | null;
}

/** Returns the lines for which a Postgres that is started on them gives up. Pure. */
export function brokenRules(rules: readonly HostRule[]): HostRule[] {
  return rules.filter(({ type, error }) => type === null && error !== null);
}

/** Types of connection a release's is one of: over the network, without TLS or GSSAPI. */
const types: readonly (string | null)[] = ["host", "hostnossl", "hostnogssenc"];

/** Methods that need nothing but the password. Base's network has no way out, as to an LDAP server. */
const byPassword: readonly (string | null)[] = ["trust", "password", "md5", "scram-sha-256"];

/** Whether a release is let in; refused by a line, or since no line matches it. */
export type Entry =
  { readonly is: "let in" } | { readonly is: "refused"; readonly by: HostRule } | { readonly is: "unmatched" };

/** Returns the ranges that base's network will be in. @param named subnet that is set for it. Pure. */
export function rangesOf(named?: string): readonly Block[] {
  const block = parseBlock(named ?? "");
  return block === undefined ? subnetRanges : [block];
}

/**
 * Returns whether a release would be let in from all of these ranges: its subnet is chosen in one of them later. Each is
 * decided by the first line that covers it. One that refuses a part of a range, as a single host of a LAN, is passed
 * over: base's network is hardly there. A line for a group of roles or a pattern is taken in the release's favour. Pure.
 */
export function entryOf(
  rules: readonly HostRule[],
  login: Pick<Login, "role" | "database">,
  ranges: readonly Block[],
): Entry {
  let undecided = ranges;
  for (const rule of rules.filter(({ type }) => types.includes(type))) {
    const names = [
      matches(rule.databases, login.database, { sameuser: login.database === login.role, replication: false }),
      matches(rule.roles, login.role, {}),
    ];
    const others = undecided.filter((range) => !covers(rule, range));
    if (names.includes(false) || others.length === undecided.length) continue;
    if (byPassword.includes(rule.method)) undecided = others;
    else if (names.every((one) => one === true)) return { is: "refused", by: rule };
    if (undecided.length === 0) return { is: "let in" };
  }
  return { is: "unmatched" };
}

/** Names that mean members of a role, which is not asked, or a pattern. */
const unclear = /^([+/]|same(role|group)$)/;

/** Returns whether a line's names include one; undefined where they may. @param words names with another meaning */
function matches(
  names: readonly string[] | null,
  wanted: string,
  words: Readonly<Record<string, boolean>>,
): boolean | undefined {
  const all = names ?? [];
  if (all.some((name) => words[name] ?? (name === "all" || name === wanted))) return true;
  return all.some((name) => unclear.test(name)) ? undefined : false;
}

/** Returns whether a line is for every address of a range that base's network may be in. */
function covers({ address, netmask }: HostRule, range: Block): boolean {
  if (address === "all" || address === "samenet") return true;
  const block = blockOf(address, netmask);
  return block !== undefined && isWithin(range, block);
}

/** Reads an address with its mask; undefined for IPv6 and for the name of a host. */
function blockOf(address: string | null, netmask: string | null): Block | undefined {
  const [one, mask] = [address, netmask].map((text) => parseBlock(`${text ?? ""}/32`)?.first);
  if (one === undefined || mask === undefined) return undefined;
  const size = 2 ** 32 - mask;
  return { first: one - (one % size), prefix: 32 - Math.log2(size) };
}

/** Renders a line as in the file. Pure. */
export function renderRule({ type, databases, roles, address, netmask, method }: HostRule): string {
  const words = [type, databases?.join(","), roles?.join(","), address, netmask, method];
  return words.filter((word) => word !== null && word !== undefined).join(" ");
}

/** Returns the method by which the role's password is asked for now, for a line of the same kind. Pure. */
export function passwordMethod(rules: readonly HostRule[]): string {
  const asking = rules.find(
    ({ type, method }) => type?.startsWith("host") && method !== "trust" && byPassword.includes(method),
  );
  return asking?.method ?? "scram-sha-256";
}
