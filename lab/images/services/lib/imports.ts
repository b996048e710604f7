import { createHash } from "node:crypto";
import type { Pool } from "pg";
import type { Cloud } from "./cloud";
import type { Job } from "./jobs";
import { transactionsOf, type FileType } from "./statements";

interface FileImport {
  r2Key: string;
  originalFilename?: string;
  fileType: FileType;
}

/**
 * Reads an uploaded statement through the data-provider, copies it to the user's documents, and writes a row for each
 * transaction. Repeating it writes the same rows. @throws Error when the file is missing or has no transactions
 */
export async function importFile(
  pool: Pool,
  cloud: Cloud,
  job: Job,
): Promise<{ transactionCount: number; document: string }> {
  const { r2Key, fileType, originalFilename } = job.data as FileImport;
  const { base64 } = await cloud.mutate<{ base64: string }>("storage.readTempBlob", { key: r2Key });
  const document = `documents/${job.user}/${job.id}.${fileType}`;
  await cloud.mutate("storage.copyObject", { fromKey: r2Key, toKey: document });
  const content = Buffer.from(base64, "base64");
  const rows = transactionsOf(content.toString("utf8"), fileType);
  await pool.query(
    `insert into documents (user_id, purpose, r2_key, content_hash, mime_type, byte_size, original_filename, source_kind)
     select $1, 'file-import', $2, $3, 'text/plain', $4, $5, 'upload'
     where not exists (select from documents where r2_key = $2)`,
    [
      job.user,
      document,
      createHash("sha256").update(content).digest("hex"),
      content.length,
      originalFilename ?? document,
    ],
  );
  await pool.query(
    `insert into imported (job_id, line, text) select $1, line, text from unnest($2::text[]) with ordinality as t(text, line)
     on conflict (job_id, line) do nothing`,
    [job.id, rows],
  );
  return { transactionCount: rows.length, document };
}
