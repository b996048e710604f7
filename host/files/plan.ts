import { batchesOf } from "../../util/piecesOf";
import type { NamedFile } from "./named";
import { isContent, isFailure, mostFetched, type Content, type Failure, type Found } from "./store";

/** One of the two stores files are carried between. */
export type End = "from" | "to";

/** Decision on one file that the database names. */
export type Verdict =
  /** The new place has it already. */
  | { readonly is: "there" }
  | { readonly is: "carry"; readonly content: Content }
  /** Neither place has it. */
  | { readonly is: "gone" }
  /** It cannot be carried. */
  | { readonly is: "stuck"; readonly failure: Failure; readonly at: End };

/** Bytes of the longest key of S3. */
const longestKey = 1024;

/**
 * False for a key that reaches no file: a data-provider signs no address for it, or the address loses a part (`.`) on
 * its way. Pure.
 */
export function possibleKey(key: string): boolean {
  return key !== "" && Buffer.byteLength(key) <= longestKey && !key.split("/").includes(".");
}

/** Returns why Scani copies nothing to a key, if it does not. Source: `assertSafeKey` of 0.17.1's storage. Pure. */
function keyProblem(key: string): string | undefined {
  if (key.includes("..")) return 'its key holds ".."';
  if (key.startsWith("/")) return "its key begins with a slash";
  return undefined;
}

/**
 * Decides on a file. The contents at the release that serves are right: its users see them, so they replace others
 * under the same key. Pure.
 * @param from result for its key at the old place; @param to at the new one
 */
export function verdictOn({ key }: NamedFile, from: Found, to: Found): Verdict {
  if (from === "missing" && isFailure(to)) {
    const failed = `it is not where it was, and whether it is at the new place is not known: ${to.failed}`;
    return { is: "stuck", failure: { ...to, failed }, at: "to" };
  }
  if (from === "missing") return isContent(to) ? { is: "there" } : { is: "gone" };
  if (isFailure(from)) return { is: "stuck", failure: from, at: "from" };
  if (isContent(to) && sameContent(from, to)) return { is: "there" };
  const problem = keyProblem(key);
  if (problem !== undefined) return { is: "stuck", failure: { failed: problem, about: "file" }, at: "to" };
  return isFailure(to) ? { is: "stuck", failure: to, at: "to" } : { is: "carry", content: from };
}

/** True for equal size and checksum. Pure. */
export function sameContent(a: Content, b: Content): boolean {
  return a.bytes === b.bytes && a.md5 === b.md5 && a.md5 !== "";
}

/**
 * True where only checksums of the files themselves can tell: sizes are equal and ETags are not, which need not be
 * checksums (parts, encryption). Pure.
 */
export function needsSums(a: Found, b: Found): boolean {
  return isContent(a) && isContent(b) && a.bytes === b.bytes && !sameContent(a, b);
}

/** A file to be carried. */
export interface Load {
  readonly file: NamedFile;
  readonly content: Content;
}

/** Groups files that are carried at once. A file larger than the limit of bytes goes alone. Pure. */
export function loadBatches(loads: readonly Load[], mostFiles: number): Load[][] {
  return batchesOf(loads, ({ content }) => content.bytes, { length: mostFiles, weight: mostFetched });
}

/**
 * Prefix of papers a release keeps for good; nothing else under a user's name outlives the job that reads it. A job's
 * file stays, since a failed job may be tried again.
 */
const retained = "documents/";

/** Returns the keys of papers among files. Pure. */
export function papersAmong(files: readonly NamedFile[]): string[] {
  return files.flatMap(({ key }) => (key.startsWith(retained) ? [key] : []));
}

/** Returns the keys of papers whose row a user has deleted since they were carried. Pure. */
export function deletedSince(papers: readonly string[], named: readonly NamedFile[]): string[] {
  const still = new Set(named.map(({ key }) => key));
  return papers.filter((key) => !still.has(key));
}
