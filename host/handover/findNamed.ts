import type { Engine } from "../engine/engine";
import { findFiles, type FoundFiles } from "../files/find";
import { needed, type NamedFile } from "../files/named";
import { readSource } from "../files/place";
import { routedRelease } from "../install/facts";
import { readFacts, type Install } from "../install/readFacts";
import { membersNamed } from "./carryFiles";

/**
 * Looks up files that rows and waiting jobs name, where the release that serves keeps its files; it need not run.
 * @returns undefined where no file is needed, no route leads to a release, or too little of it is left to say where its
 * files are
 */
export async function findNamed(
  engine: Engine,
  install: Install,
  named: readonly NamedFile[],
  signal: AbortSignal,
): Promise<FoundFiles | undefined> {
  const files = needed(named);
  const facts = await readFacts(engine, install);
  const release = routedRelease(facts);
  if (files.length === 0 || release === undefined) return undefined;
  const members = membersNamed(facts, release);
  const side = await readSource(engine, release.tier, members, []);
  const { api } = members;
  return side && api && findFiles(engine, { install, api, side }, files, signal);
}
