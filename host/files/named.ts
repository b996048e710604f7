/** Kind of entry that names a file. Waiting jobs need theirs; a finished job's may be asked for once more. */
export type Namer = "job" | "row" | "finished job";

/** A file that the database names. */
export interface NamedFile {
  readonly key: string;
  /** The kind that needs it most. */
  readonly by: Namer;
}

/** Returns the files that somebody would miss: a finished job's may be gone. Pure. */
export function needed(files: readonly NamedFile[]): NamedFile[] {
  return files.filter(({ by }) => by !== "finished job");
}

/** Counts the files that waiting jobs need. Pure. */
export function jobsAmong(files: readonly NamedFile[]): number {
  return files.filter(({ by }) => by === "job").length;
}

/** Jobs that name files. Source: Scani 0.17.1, packages/business/jobs/src/user-jobs. */
const jobs = ["screenshot-parse", "file-import", "document-parse"];

/** Prefix of the lines to parse. */
const mark = "file ";

/**
 * Input for psql that lists every file rows and jobs name; `parseNamed` parses its output. A schema older than one of
 * the tables has no such files. Source: Scani 0.17.1, `documents`, `user_jobs`, and BullMQ's schema for Postgres.
 */
export const namedQueries = [
  "select to_regclass('public.documents') is not null as documents, to_regclass('bullmq.job') is not null as jobs,",
  "  to_regclass('public.user_jobs') is not null as results \\gset",
  "\\if :documents",
  `select '${mark}' || jsonb_build_array(r2_key, 'row')::text from public.documents where r2_key is not null group by r2_key;`,
  "\\endif",
  "\\if :jobs",
  `select '${mark}' || jsonb_build_array(key, case when bool_or(state not in ('completed', 'failed')) then 'job' else 'finished job' end)::text`,
  "from (select state::text, data ->> 'r2Key' as key from bullmq.job where name in (:names)",
  "  union all select state::text, jsonb_array_elements_text(data -> 'r2Keys') from bullmq.job",
  "  where name in (:names) and jsonb_typeof(data -> 'r2Keys') = 'array') named",
  "where key is not null group by key;",
  "\\endif",
  // An import without a currency asks for one, and is sent again with its file; BullMQ may have forgotten the job then.
  "\\if :results",
  `select distinct '${mark}' || jsonb_build_array(result #>> '{needsCurrency,r2Key}', 'finished job')::text from public.user_jobs`,
  "where result #>> '{needsCurrency,r2Key}' is not null and action_taken_at is null;",
  "\\endif",
]
  .join("\n")
  .replaceAll(":names", jobs.map((name) => `'${name}'`).join(", "));

const urgency: readonly Namer[] = ["job", "row", "finished job"];

/** Parses psql's output: each key once, in the order of the keys. Pure. */
export function parseNamed(output: string): NamedFile[] {
  const byKey = new Map<string, Namer>();
  for (const line of output.split("\n")) {
    if (!line.startsWith(mark)) continue;
    const [key, by] = JSON.parse(line.slice(mark.length)) as [string, Namer];
    const known = byKey.get(key);
    if (known === undefined || urgency.indexOf(by) < urgency.indexOf(known)) byKey.set(key, by);
  }
  return [...byKey].map(([key, by]) => ({ key, by })).sort((a, b) => (a.key < b.key ? -1 : 1));
}
