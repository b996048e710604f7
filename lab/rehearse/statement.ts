import { setTimeout as pause } from "node:timers/promises";
import { accepted, json } from "./http";
import type { Front } from "./signIn";

/** A bank statement, and the account it belongs to. */
export interface Statement {
  readonly name: string;
  readonly type: "csv" | "ofx" | "qif";
  readonly content: string;
  /** Account it is imported into. */
  readonly accountId: string;
  /** Id of the import: a repeated request with it is the same import. */
  readonly requestId: string;
}

/** Place the api gives the page for an upload. */
export interface UploadPlace {
  readonly uploadUrl: string;
  readonly key: string;
  readonly method: "PUT";
  readonly headers: Readonly<Record<string, string>>;
}

/** State of a job. */
export interface JobStatus {
  readonly state: string;
  readonly failedReason?: string | null;
}

/** Milliseconds between two checks of a job, and after which it is given up. */
const [pollInterval, timeout] = [200, 60_000];

/** Procedures of the api as a user's browser calls them, with the headers of its session and its client. */
export class Procedures {
  constructor(
    private readonly front: Pick<Front, "url">,
    private readonly headers: () => Record<string, string>,
  ) {}

  /** Calls a mutation in a batch of one, as the page's client does. @throws Error with the api's message */
  async mutate<T>(name: string, input: object): Promise<T> {
    return this.answer(
      fetch(`${this.front.url}/api/trpc/${name}?batch=1`, {
        method: "POST",
        headers: { ...json, origin: this.front.url, ...this.headers() },
        body: JSON.stringify({ 0: input }),
      }),
    );
  }

  /** Calls a query in a batch of one. @throws Error with the api's message */
  async query<T>(name: string, input: object): Promise<T> {
    return this.answer(
      fetch(`${this.front.url}/api/trpc/${name}?batch=1&input=${encodeURIComponent(JSON.stringify({ 0: input }))}`, {
        headers: this.headers(),
      }),
    );
  }

  private async answer<T>(asked: Promise<Response>): Promise<T> {
    const [{ result }] = (await (await accepted(await asked)).json()) as [{ result: { data: T } }];
    return result.data;
  }
}

/** Asks the api where to upload a statement. */
export function placeFor(
  procedures: Procedures,
  { name, content }: Pick<Statement, "name" | "content">,
): Promise<UploadPlace> {
  return procedures.mutate<UploadPlace>("storage.getUploadUrl", {
    purpose: "file-import",
    contentType: "text/plain",
    filename: name,
    sizeBytes: Buffer.byteLength(content),
  });
}

/**
 * Uploads a statement to the place from the api, as a page of that origin does.
 * @throws Error when a browser would not send it, or the bucket refuses it
 */
export async function put({ url }: Pick<Front, "url">, place: UploadPlace, content: string): Promise<void> {
  if (new URL(place.uploadUrl).origin !== url) await askAsBrowser(url, place);
  // A browser sets the length itself.
  const headers = Object.fromEntries(
    Object.entries(place.headers).filter(([header]) => header.toLowerCase() !== "content-length"),
  );
  const answer = await accepted(
    await fetch(place.uploadUrl, {
      method: place.method,
      headers: { ...headers, origin: url },
      body: Buffer.from(content),
    }),
  );
  await answer.arrayBuffer();
}

/** Uploads a statement, as the page does. @throws Error as `put` does */
export async function upload(
  front: Pick<Front, "url">,
  procedures: Procedures,
  statement: Pick<Statement, "name" | "content">,
): Promise<UploadPlace> {
  const place = await placeFor(procedures, statement);
  await put(front, place, statement.content);
  return place;
}

/** Sends the CORS preflight a browser sends before a file goes to another origin, and checks the response. */
async function askAsBrowser(page: string, { uploadUrl, method, headers }: UploadPlace): Promise<void> {
  const asked = Object.keys(headers)
    .filter((header) => header.toLowerCase() !== "content-length")
    .join(",");
  const answer = await accepted(
    await fetch(uploadUrl, {
      method: "OPTIONS",
      headers: { origin: page, "access-control-request-method": method, "access-control-request-headers": asked },
    }),
  );
  const allowed = (name: string) => (answer.headers.get(`access-control-allow-${name}`) ?? "").toLowerCase();
  if (
    allowed("origin") !== page ||
    !allowed("methods").includes(method.toLowerCase()) ||
    !allowed("headers").includes(asked.toLowerCase())
  ) {
    throw new Error(`${new URL(uploadUrl).origin} does not let a page of ${page} put a file there`);
  }
}

/** Uploads a statement and has it imported. @returns the job, when it has ended */
export async function importStatement(
  front: Pick<Front, "url">,
  procedures: Procedures,
  statement: Statement,
): Promise<JobStatus> {
  const { key } = await upload(front, procedures, statement);
  return readStatement(procedures, key, statement);
}

/** Has an uploaded file imported. @returns the job, when it has ended @throws Error when it does not end */
export async function readStatement(
  procedures: Procedures,
  r2Key: string,
  { name, type, accountId, requestId }: Omit<Statement, "content">,
): Promise<JobStatus> {
  const { jobId } = await procedures.mutate<{ jobId: string }>("fileImport.parseAndEnrich", {
    r2Key,
    originalFilename: name,
    fileType: type,
    accountId,
    requestId,
  });
  for (const until = Date.now() + timeout; Date.now() < until; await pause(pollInterval)) {
    const job = await procedures.query<JobStatus>("jobs.status", { jobId });
    if (["completed", "failed"].includes(job.state)) return job;
  }
  throw new Error(`the import of ${name} did not end within ${timeout / 1000} s`);
}
