import type { Pool } from "pg";
import type { Cloud } from "./cloud";
import type { Job } from "./jobs";
import { transactionsOf, type FileType } from "./statements";

interface FileImport {
  r2Key: string;
  fileType: FileType;
}

/**
 * Reads an uploaded statement through the data-provider, keeps a copy of it where the user's documents are, and makes a
 * row of each transaction. Done again, it makes the same rows. @throws Error when the file is not there or holds
 * nothing
 */
export async function importFile(
  pool: Pool,
  cloud: Cloud,
  job: Job,
): Promise<{ transactionCount: number; document: string }> {
  const { r2Key, fileType } = job.data as FileImport;
  const { base64 } = await cloud.mutate<{ base64: string }>("storage.readTempBlob", { key: r2Key });
  const document = `documents/${job.user}/${job.id}.${fileType}`;
  await cloud.mutate("storage.copyObject", { fromKey: r2Key, toKey: document });
  const rows = transactionsOf(Buffer.from(base64, "base64").toString("utf8"), fileType);
  await pool.query(
    `insert into imported (job_id, line, text) select $1, line, text from unnest($2::text[]) with ordinality as t(text, line)
     on conflict (job_id, line) do nothing`,
    [job.id, rows],
  );
  return { transactionCount: rows.length, document };
}
