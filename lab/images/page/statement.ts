import type { Trpc } from "./api";
import { setText } from "./elements";

/** Milliseconds between two checks of a job, and after which it is given up. */
const [pollInterval, timeout] = [500, 60_000];

interface Upload {
  readonly uploadUrl: string;
  readonly key: string;
  readonly method: "PUT";
  readonly headers: Readonly<Record<string, string>>;
}

interface Job {
  readonly state: "queued" | "active" | "completed" | "failed" | "not_found";
  readonly returnvalue?: { readonly transactionCount: number };
  readonly failedReason?: string;
}

/** Uploads a statement and has it imported, in the steps of Scani's page. @throws Error with the reason */
export async function importStatement(file: File, trpc: Trpc): Promise<void> {
  try {
    setText("import-result", "");
    setText("import-state", "account");
    const { accountId } = await trpc.mutate<{ accountId: string }>("batchOperations.ensureAccount", {
      institution: { name: "bank" },
      account: { name: "savings" },
    });
    setText("import-state", "upload");
    const extension = file.name.split(".").pop()?.toLowerCase();
    const upload = await trpc.mutate<Upload>("storage.getUploadUrl", {
      purpose: "file-import",
      contentType: file.type || "text/plain",
      filename: file.name,
      sizeBytes: file.size,
    });
    // The browser sets Content-Length itself and refuses one from a script.
    const headers = Object.entries(upload.headers).filter(([name]) => name.toLowerCase() !== "content-length");
    const stored = await fetch(upload.uploadUrl, {
      method: upload.method,
      headers: Object.fromEntries(headers),
      body: file,
    });
    if (!stored.ok) throw new Error(`the upload was answered ${stored.status}: ${await stored.text()}`);
    setText("import-state", "parse");
    const { jobId } = await trpc.mutate<{ jobId: string }>("fileImport.parseAndEnrich", {
      r2Key: upload.key,
      originalFilename: file.name,
      fileType: extension === "ofx" || extension === "qif" ? extension : "csv",
      accountId,
      requestId: crypto.randomUUID(),
    });
    const { transactionCount } = await ended(jobId, trpc);
    setText("import-result", `${transactionCount} transactions`);
  } catch (error) {
    setText("import-state", "failed");
    setText("import-result", error instanceof Error ? error.message : String(error));
    throw error;
  }
}

/** Waits for the end of a job and returns its result. @throws Error with the reason when it failed */
async function ended(jobId: string, trpc: Trpc): Promise<{ transactionCount: number }> {
  for (
    const until = Date.now() + timeout;
    Date.now() < until;
    await new Promise((resolve) => setTimeout(resolve, pollInterval))
  ) {
    const job = await trpc.query<Job>("jobs.status", { jobId });
    setText("import-state", job.state);
    if (job.state === "completed" && job.returnvalue !== undefined) return job.returnvalue;
    if (job.state === "failed") throw new Error(job.failedReason ?? "the job failed");
  }
  throw new Error("the job does not end");
}
