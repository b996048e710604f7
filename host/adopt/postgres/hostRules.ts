import { subnetRanges } from "../../install/network/subnet";
import type { Login } from "../../install/data/databaseUrl";
import { isWithin, overlap, parseBlock, type Block } from "../../../util/ipv4";

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

/**
 * Returns why a release would not be let in: by a line, or, where that is undefined, since no line does so. It comes
 * from base's own network, whose addresses are chosen later, so a line lets it in that does so from all of them, and
 * keeps it out that does so from any. A line for a group of roles or a pattern is taken in its favour. Pure.
 * @returns undefined where it is let in
 */
export function keptOut(
  rules: readonly HostRule[],
  login: Pick<Login, "role" | "database">,
): { readonly by?: HostRule } | undefined {
  for (const rule of rules.filter(({ type }) => types.includes(type))) {
    const names = [
      matches(rule.databases, login.database, { sameuser: login.database === login.role, replication: false }),
      matches(rule.roles, login.role, {}),
    ];
    const from = addressesOf(rule);
    if (names.includes(false) || from === "none") continue;
    if (!byPassword.includes(rule.method)) {
      if (names.every((one) => one === true)) return { by: rule };
    } else if (from === "all") return undefined;
  }
  return {};
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

/** Returns how many of the addresses that base's network may have a line is for. */
function addressesOf({ address, netmask }: HostRule): "all" | "some" | "none" {
  if (address === "all" || address === "samenet") return "all";
  const block = blockOf(address, netmask);
  if (block === undefined || !subnetRanges.some((range) => overlap(range, block))) return "none";
  return subnetRanges.every((range) => isWithin(range, block)) ? "all" : "some";
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
