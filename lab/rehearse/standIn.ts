import { clientHeader, clients } from "../clients";
import type { LoadRequest } from "../load";
import { Papers } from "./papers";
import { importStatement, Procedures, type JobStatus, type Statement } from "./statement";
import { sessionUser, signInByCode, signInByLink, type Front } from "./signIn";
import { accepted, json } from "./http";
import type { RehearsedScani } from "./scani";
import type { Jobs, Session } from "./session";

/** Networks of the clients that sign in and of those that make other requests; the load uses others. */
const networks = { signIn: 78, calls: 79 } as const;

/** Import of a statement, whether it succeeded or not. */
export interface Imported {
  readonly file: string;
  readonly state: string;
  readonly error: string | null;
  /** A text for each transaction. */
  readonly rows: readonly string[];
}

/** The tests' stand-in Scani. It reports the counts for which the real one's database has to be read. */
export class StandInScani implements RehearsedScani {
  /** Secret stored under each session, by its cookie. */
  private readonly secrets = new Map<string, string>();
  private asked = 0;
  readonly papers: Papers;

  constructor(private readonly front: Front) {
    this.papers = new Papers(front, async (session) => {
      const procedures = this.procedures(session);
      return { procedures, accountId: await ownAccount(procedures) };
    });
  }

  /** Signs a user in, the first by a link, the others with a code, and stores a secret of theirs. */
  async seedUser(name: string): Promise<Session> {
    const signIn = this.secrets.size === 0 ? signInByLink : signInByCode;
    const cookie = await signIn(this.front, `${name}@example.org`, clientHeader(this.secrets.size, networks.signIn));
    const secret = `bank password of ${name}`;
    await this.post("/api/credentials", { name: "bank", secret }, { cookie });
    this.secrets.set(cookie, secret);
    return { cookie };
  }

  async stillKnows({ cookie }: Session): Promise<boolean> {
    const user = await sessionUser(this.front, cookie, this.client());
    if (user === undefined) return false;
    const response = await fetch(`${this.front.url}/api/credentials/bank`, { headers: { cookie, ...this.client() } });
    return response.ok && ((await response.json()) as { secret: string }).secret === this.secrets.get(cookie);
  }

  /** Returns the procedures of the api, as the page of a session calls them. */
  procedures({ cookie }: Session): Procedures {
    return new Procedures(this.front, () => ({ cookie, ...this.client() }));
  }

  /** Uploads a statement as the page does, and has it imported into the user's account. */
  async importStatement(session: Session, statement: Omit<Statement, "accountId">): Promise<JobStatus> {
    const procedures = this.procedures(session);
    return importStatement(this.front, procedures, { ...statement, accountId: await ownAccount(procedures) });
  }

  /** Lists the imports of a session's user, the newest first. */
  imports({ cookie }: Session): Promise<Imported[]> {
    return this.get("/api/imports", { cookie });
  }

  /** @param milliseconds each job takes */
  async sendJobs(count = 300, milliseconds = 100): Promise<void> {
    await this.post("/api/jobs", { n: count, ms: milliseconds });
  }

  jobs(): Promise<Jobs> {
    return this.get("/api/jobs");
  }

  async rows(): Promise<number> {
    return (await this.get<{ count: number }>("/api/rows")).count;
  }

  async addRow(text: string): Promise<void> {
    await this.post("/api/rows", { text });
  }

  requests(): LoadRequest[] {
    return Array.from({ length: clients }, (_unused, client): LoadRequest[] => [
      { method: "GET", path: "/api/whoami", headers: clientHeader(client) },
      {
        method: "POST",
        path: "/api/rows",
        body: JSON.stringify({ text: "written under load" }),
        headers: { ...json, ...clientHeader(client) },
      },
      { method: "GET", path: "/healthz" },
    ]).flat();
  }

  /** Returns headers that make each request another client's. */
  private client(): Record<string, string> {
    this.asked += 1;
    return clientHeader(this.asked, networks.calls);
  }

  private async get<T>(path: string, headers: Record<string, string> = {}): Promise<T> {
    return (
      await accepted(await fetch(`${this.front.url}${path}`, { headers: { ...this.client(), ...headers } }))
    ).json() as Promise<T>;
  }

  private async post(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
    return accepted(
      await fetch(`${this.front.url}${path}`, {
        method: "POST",
        headers: { ...json, ...this.client(), ...headers },
        body: JSON.stringify(body),
      }),
    );
  }
}

/** Returns the account a user's statements go into, created if it is missing. */
async function ownAccount(procedures: Procedures): Promise<string> {
  const { accountId } = await procedures.mutate<{ accountId: string }>("batchOperations.ensureAccount", {
    institution: { name: "bank" },
    account: { name: "savings" },
  });
  return accountId;
}
