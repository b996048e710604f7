import { createHash, randomBytes, randomUUID } from "node:crypto";
import { listed, opened } from "../../../lab/rehearse/papers";
import type { Procedures } from "../../../lab/rehearse/statement";
import { sql } from "../host";
import type { Bucket } from "./bucket";
import type { Scene } from "../scene";

/** A file of a user, with its size and checksum. */
export interface Paper {
  readonly key: string;
  readonly bytes: number;
  /** SHA-256, hexadecimal. */
  readonly sum: string;
}

/** Does work on each thing, eight at a time. */
export async function eightAtATime<T>(
  things: readonly T[],
  work: (thing: T, index: number) => Promise<void>,
): Promise<void> {
  const waiting = [...things.entries()];
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next[1], next[0]);
    }),
  );
}

/** Returns sizes of files, from 1 KiB to 8 MiB, that add up to about a total. */
export function sizes(count: number, total: number): number[] {
  const [least, most] = [1024, 8 * 1024 * 1024];
  const even = Math.floor((total - 2 * most) / count);
  const spread = Array.from(
    { length: count - 3 },
    (_, index) => least + Math.floor((index / count) * 2 * (even - least)),
  );
  return [least, most, most, ...spread];
}

/** Parts of keys that users' file names may contain and that S3 allows. */
const odd = ["", " and space", "+%20ü", "'\"&<>", "~(1)!*", "100%", "日本語 🎉", ";,:@$[]{}|^`", "é", "-".repeat(180)];

/** Content types: one with a parameter, one unknown, three others. */
const types = ["application/pdf", "text/csv; charset=utf-8", "application/x-unheard.of+zip", "image/png", "text/plain"];

/** Stores files in a release's bucket, with the rows that name them. */
export async function addPapers(
  scene: Scene,
  bucket: Bucket,
  user: string,
  lengths: readonly number[],
): Promise<Paper[]> {
  const papers: Paper[] = [];
  await eightAtATime(lengths, async (length, index) => {
    const key = `documents/${user}/${randomUUID()}${odd[index % odd.length]}.bin`;
    papers.push(await addPaper(bucket, key, length, types[index % types.length]));
  });
  await nameInRows(scene, user, papers);
  return papers;
}

export async function addPaper(bucket: Bucket, key: string, length: number, type = types[0]): Promise<Paper> {
  const body = randomBytes(length);
  await bucket.put(key, body, type);
  return { key, bytes: length, sum: createHash("sha256").update(body).digest("hex") };
}

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/**
 * Names files in rows of a user, with times in whole milliseconds: Scani lists page by page from a time in
 * milliseconds, so rows of one statement with the same finer time would be left out.
 */
export async function nameInRows(scene: Scene, user: string, papers: readonly Paper[]): Promise<void> {
  for (let from = 0; from < papers.length; from += 200) {
    const rows = papers
      .slice(from, from + 200)
      .map(
        ({ key, bytes, sum }) =>
          `(${literal(user)}, ${literal(key)}, '${sum}', 'application/pdf', ${bytes}, 'a.pdf', 'upload', date_trunc('milliseconds', now()))`,
      );
    await sql(
      scene,
      `with added as (insert into documents (user_id, r2_key, content_hash, mime_type, byte_size, original_filename, source_kind, created_at)
       values ${rows.join(", ")} returning 1) select to_jsonb(count(*)) from added`,
    );
  }
}

/** Lists every key that jobs and the rows of a user name. */
export function namedKeys(scene: Scene, user: string): Promise<string[]> {
  return sql<string>(
    scene,
    `select to_jsonb(r2_key) from documents where user_id = ${literal(user)} union
     select data -> 'r2Key' from bullmq.job where data ->> 'r2Key' is not null`,
  );
}

/** Number of jobs that read files, and of those done once, twice and never. */
export interface FileJobs {
  readonly sent: number;
  readonly once: number;
  readonly twice: number;
  readonly never: number;
}

/**
 * Counts how often the job of every sent file took effect, by the file's name, since Scani keeps only its last hundred
 * jobs. The stand-in keeps a line for each time; the real worker writes a row for each statement's only transaction,
 * whose text names the file.
 */
export async function countFileJobs(
  scene: Scene,
  kind: "real" | "stand-in",
  names: readonly string[],
): Promise<FileJobs> {
  const effects =
    kind === "real"
      ? "select to_jsonb(source_metadata ->> 'description') from holding_transactions"
      : "select to_jsonb(j.data ->> 'originalFilename') from effects e join jobs j on j.id = e.job_id";
  const times = new Map<string, number>();
  for (const name of await sql<string>(scene, effects)) times.set(name, (times.get(name) ?? 0) + 1);
  const counts = names.map((name) => times.get(name) ?? 0);
  return {
    sent: names.length,
    once: counts.filter((count) => count === 1).length,
    twice: counts.filter((count) => count > 1).length,
    never: counts.filter((count) => count === 0).length,
  };
}

/** Opens every document of a user as the page does. @returns checksums of those that open, and names of the others */
export async function openAll(procedures: Procedures): Promise<{ opens: string[]; missing: string[] }> {
  const [opens, missing]: [string[], string[]] = [[], []];
  await eightAtATime(await listed(procedures), async ({ id, originalFilename }) => {
    const sum = await opened(procedures, id);
    if (sum === undefined) missing.push(originalFilename);
    else opens.push(sum);
  });
  return { opens, missing };
}
