import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import { z } from "zod";
import type { Cloud } from "./cloud";
import type { User } from "./signIn";
import { FILE_TYPES } from "./statements";
import { procedure, ProcedureError, type Router } from "./trpc";

/** Largest upload, bytes. */
const MAX_UPLOAD = 8 * 1024 * 1024;
const UPLOAD_SECONDS = 15 * 60;

const IMAGES = {
  types: ["image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"],
  extensions: ["png", "jpg", "jpeg", "webp", "heic", "heif"],
};

/** Content types and extensions allowed for each purpose of an upload. */
const UPLOADS = {
  screenshot: { types: [...IMAGES.types, "image/gif"], extensions: [...IMAGES.extensions, "gif"] },
  "file-import": {
    types: [
      "text/csv",
      "text/plain",
      "application/csv",
      "application/vnd.ms-excel",
      "application/octet-stream",
      "application/x-ofx",
      "application/x-qfx",
      "application/x-qif",
    ],
    extensions: ["csv", "txt", "ofx", "qfx", "qif", "xls"],
  },
  document: { types: [...IMAGES.types, "application/pdf"], extensions: [...IMAGES.extensions, "pdf"] },
};

interface Presigned {
  uploadUrl: string;
  key: string;
  expiresAt: string;
  requiredHeaders: Record<string, string>;
}

/** Returns the procedures the page calls over tRPC; every one needs a session. */
export function pageRouter(pool: Pool, cloud: Cloud): Router<User> {
  return {
    "storage.getUploadUrl": procedure(
      "mutation",
      z.object({
        purpose: z.enum(["screenshot", "file-import", "document"]),
        contentType: z.string().min(1).max(200),
        filename: z.string().min(1).max(200),
        sizeBytes: z.number().int().positive().max(MAX_UPLOAD),
      }),
      async ({ purpose, contentType, filename, sizeBytes }, user: User) => {
        const type = contentType.toLowerCase().split(";")[0]?.trim() ?? "";
        const extension = (filename.split(".").pop() ?? "bin").toLowerCase();
        const allowed = UPLOADS[purpose];
        if (!allowed.types.includes(type))
          throw new ProcedureError("BAD_REQUEST", `content type ${contentType} may not be uploaded as ${purpose}`);
        if (!allowed.extensions.includes(extension))
          throw new ProcedureError("BAD_REQUEST", `a .${extension} file may not be uploaded as ${purpose}`);
        const { requiredHeaders, ...presigned } = await cloud.mutate<Presigned>("storage.presignUpload", {
          keyPrefix: `${purpose}/${user.id}`,
          extension,
          contentType: type,
          contentLength: sizeBytes,
          ttlSeconds: UPLOAD_SECONDS,
        });
        return { ...presigned, method: "PUT", headers: requiredHeaders };
      },
    ),
    "batchOperations.ensureAccount": procedure(
      "mutation",
      z.object({
        accountId: z.uuid().optional(),
        institution: z.object({ name: z.string().min(1) }).optional(),
        account: z.object({ name: z.string().min(1) }).optional(),
      }),
      async ({ accountId, institution, account }, user: User) => {
        if (accountId) return { accountId, institutionId: null, createdAccount: false, createdInstitution: false };
        if (!account) throw new ProcedureError("BAD_REQUEST", "accountId or account is required");
        const made = await pool.query<{ id: string }>(
          `insert into accounts (user_id, institution, name) values ($1, $2, $3)
           on conflict (user_id, institution, name) do update set name = excluded.name returning id`,
          [user.id, institution?.name ?? "", account.name],
        );
        return {
          accountId: made.rows[0]?.id,
          institutionId: randomUUID(),
          createdAccount: true,
          createdInstitution: Boolean(institution),
        };
      },
    ),
    "fileImport.parseAndEnrich": procedure(
      "mutation",
      z.object({
        r2Key: z.string().min(1),
        originalFilename: z.string().min(1).max(512).optional(),
        fileType: z.enum(FILE_TYPES).default("csv"),
        accountId: z.string().min(1),
        requestId: z.uuid(),
        defaultCurrency: z.string().min(1).max(8).optional(),
      }),
      async ({ requestId, ...input }, user: User) => {
        if (!input.r2Key.startsWith(`temp/file-import/${user.id}/`) || input.r2Key.includes("..")) {
          throw new ProcedureError("FORBIDDEN", "this upload is not of the user who asks");
        }
        const account = await pool.query("select from accounts where id::text = $1 and user_id = $2", [
          input.accountId,
          user.id,
        ]);
        if (account.rowCount !== 1) throw new ProcedureError("FORBIDDEN", "this account is not of the user who asks");
        // A repeated request queues no second job.
        const queued = await pool.query<{ id: string }>(
          `insert into jobs (kind, ms, user_id, request_id, data) values ('file-import', 0, $1, $2, $3)
           on conflict (user_id, request_id) do update set kind = excluded.kind returning id`,
          [user.id, requestId, input],
        );
        return { jobId: queued.rows[0]?.id };
      },
    ),
    "documents.list": procedure("query", z.unknown(), async (_input, user: User) => {
      const found = await pool.query(
        `select id, original_filename as "originalFilename", created_at as "createdAt" from documents where user_id = $1`,
        [user.id],
      );
      return { items: found.rows, nextCursor: null };
    }),
    "documents.getDownloadUrl": procedure("query", z.object({ documentId: z.uuid() }), async ({ documentId }, user) => {
      const found = await pool.query<{ r2_key: string; original_filename: string; mime_type: string }>(
        "select r2_key, original_filename, mime_type from documents where id = $1 and user_id = $2",
        [documentId, user.id],
      );
      const document = found.rows[0];
      if (!document) throw new ProcedureError("NOT_FOUND", "Document not found");
      const { url } = await cloud.query<{ url: string }>("storage.presignDownload", { key: document.r2_key });
      return { url, originalFilename: document.original_filename, mimeType: document.mime_type };
    }),
    "jobs.status": procedure("query", z.object({ jobId: z.string().min(1) }), async ({ jobId }, user: User) => {
      const found = await pool.query<{ state: string; result: unknown; error: string | null; attempts: number }>(
        "select state, result, error, attempts from jobs where id::text = $1 and user_id = $2",
        [jobId, user.id],
      );
      const job = found.rows[0];
      if (!job) return { state: "not_found" };
      const state = job.state === "done" ? "completed" : job.state;
      return {
        state,
        progress: state === "completed" ? 100 : 0,
        returnvalue: job.result,
        failedReason: job.error,
        attemptsMade: job.attempts,
      };
    }),
  };
}

/** Lists a user's imports, the newest first. */
export async function importsOf(pool: Pool, user: User): Promise<unknown[]> {
  const found = await pool.query(
    `select id::int, state, error, data ->> 'originalFilename' as file, data ->> 'r2Key' as key,
       coalesce((select json_agg(text order by line) from imported where job_id = jobs.id), '[]') as rows
     from jobs where kind = 'file-import' and user_id = $1 order by id desc`,
    [user.id],
  );
  return found.rows;
}
