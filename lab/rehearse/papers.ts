import { createHash, randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Jobs, Session } from "./session";
import type { Front } from "./signIn";
import { placeFor, put, type Procedures } from "./statement";

/** Counts of users' files, and of the jobs that read them. */
export interface FilesSeen {
  /** Documents listed to their users. */
  readonly stored: number;
  /** Documents that open and are what was uploaded. */
  readonly opens: number;
  readonly missing: number;
  readonly jobs: Jobs;
}

/** A user's browser that uploads, and the account it uploads into. */
export interface Uploader {
  readonly procedures: Procedures;
  readonly accountId: string;
}

/** Number of files that are opened or sent at a time. */
const atOnce = 5;

/**
 * Milliseconds within which every job that reads a file ends, as Scani retries one after half a minute; and between
 * checks.
 */
const [longest, pollInterval] = [90_000, 1_000];

/** Statements that users upload as the page does, and open again. */
export class Papers {
  /** SHA-256 of what was uploaded, by file name. */
  private readonly sent = new Map<string, string>();

  constructor(
    private readonly front: Pick<Front, "url">,
    private readonly uploaderOf: (session: Session) => Promise<Uploader>,
  ) {}

  /** Names of the files that were uploaded. */
  get names(): readonly string[] {
    return [...this.sent.keys()];
  }

  /** Uploads statements, and queues the jobs that read them. */
  async send(sessions: readonly Session[], count: number): Promise<void> {
    await inTurn(
      Array.from({ length: count }, (_, index) => index),
      async (index) => (await this.begin(sessions[index % sessions.length]))(),
    );
  }

  /** Asks where to upload a statement. @returns a function that uploads it, and queues the job that reads it */
  async begin(session: Session): Promise<() => Promise<void>> {
    const { procedures, accountId } = await this.uploaderOf(session);
    const name = `rehearsed ${randomUUID()}.csv`;
    const content = `Date,Description,Amount,Currency,Balance\n2026-01-01,${name},1.00,EUR,100.00\n`;
    const place = await placeFor(procedures, { name, content });
    return async () => {
      await put(this.front, place, content);
      this.sent.set(name, createHash("sha256").update(content).digest("hex"));
      await procedures.mutate("fileImport.parseAndEnrich", {
        r2Key: place.key,
        originalFilename: name,
        fileType: "csv",
        accountId,
        requestId: randomUUID(),
      });
    };
  }

  /** Waits until every job has ended, for a minute and a half at most, and opens every file. */
  async count(sessions: readonly Session[], signal: AbortSignal): Promise<FilesSeen> {
    const users = await Promise.all(sessions.map((session) => this.uploaderOf(session)));
    for (const until = Date.now() + longest; ; await pause(pollInterval)) {
      const documents = (
        await Promise.all(
          users.map(async ({ procedures }) =>
            (await listed(procedures)).map((document) => ({ ...document, procedures })),
          ),
        )
      ).flat();
      const times = new Map<string, number>();
      for (const { originalFilename: name } of documents) times.set(name, (times.get(name) ?? 0) + 1);
      const counts = [...this.sent.keys()].map((name) => times.get(name) ?? 0);
      const never = counts.filter((count) => count === 0).length;
      if (never > 0 && Date.now() < until && !signal.aborted) continue;
      let opens = 0;
      await inTurn(documents, async ({ id, originalFilename, procedures }) => {
        const sum = await opened(procedures, id);
        if (sum !== undefined && sum === this.sent.get(originalFilename)) opens += 1;
      });
      return {
        stored: documents.length,
        opens,
        missing: documents.length - opens,
        jobs: {
          sent: this.sent.size,
          once: counts.filter((count) => count === 1).length,
          twice: counts.filter((count) => count > 1).length,
          never,
        },
      };
    }
  }
}

/** A file as the page lists it. */
export interface Document {
  readonly id: string;
  readonly originalFilename: string;
}

/** Lists all documents of a user, page by page. */
export async function listed(procedures: Procedures): Promise<Document[]> {
  const all: Document[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page: { items: Document[]; nextCursor: string | null } = await procedures.query("documents.list", {
      limit: 50,
      ...(cursor === undefined ? {} : { cursor }),
    });
    all.push(...page.items);
    cursor = page.nextCursor;
  }
  return all;
}

/** Returns the SHA-256 of a document as its user gets it; undefined if it does not open. */
export async function opened(procedures: Procedures, documentId: string): Promise<string | undefined> {
  try {
    const { url } = await procedures.query<{ url: string }>("documents.getDownloadUrl", { documentId });
    const answer = await fetch(url);
    const body = Buffer.from(await answer.arrayBuffer());
    return answer.ok ? createHash("sha256").update(body).digest("hex") : undefined;
  } catch {
    return undefined;
  }
}

/** Does work on each thing, a few at a time. */
async function inTurn<T>(things: readonly T[], work: (thing: T) => Promise<void>): Promise<void> {
  const waiting = [...things];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
    }),
  );
}
