import type { LoadRequest } from "../load";

/** What the stand-in api answers about its jobs. */
export interface Jobs {
  readonly sent: number;
  readonly once: number;
  readonly twice: number;
  readonly never: number;
}

/** A user's session and what is kept under it. */
export interface Session {
  readonly cookie: string;
  readonly secret: string;
}

const json = { "content-type": "application/json" };

/** The stand-in Scani of a rehearsal, as a browser sees it. */
export class RehearsedScani {
  constructor(private readonly url: string) {}

  /** Signs a user in and keeps an encrypted credential under the session. */
  async seedUser(name: string): Promise<Session> {
    const response = await fetch(`${this.url}/api/auth/sign-in`, { method: "POST", headers: json, body: JSON.stringify({ email: `${name}@example.org` }) });
    await accepted(response);
    const cookie = response.headers.getSetCookie().map((value) => value.split(";")[0]).join("; ");
    const secret = `bank password of ${name}`;
    await accepted(await fetch(`${this.url}/api/credentials`, { method: "POST", headers: { ...json, cookie }, body: JSON.stringify({ name: "bank", secret }) }));
    return { cookie, secret };
  }

  /** True when the session still holds and its credential can still be read. */
  async stillKnows({ cookie, secret }: Session): Promise<boolean> {
    const response = await fetch(`${this.url}/api/credentials/bank`, { headers: { cookie } });
    return response.ok && ((await response.json()) as { secret: string }).secret === secret;
  }

  async sendJobs(count: number, milliseconds: number): Promise<void> {
    await accepted(await fetch(`${this.url}/api/jobs`, { method: "POST", headers: json, body: JSON.stringify({ n: count, ms: milliseconds }) }));
  }

  jobs(): Promise<Jobs> {
    return this.get("/api/jobs");
  }

  async rows(): Promise<number> {
    return (await this.get<{ count: number }>("/api/rows")).count;
  }

  async addRow(text: string): Promise<void> {
    await accepted(await fetch(`${this.url}/api/rows`, { method: "POST", headers: json, body: JSON.stringify({ text }) }));
  }

  private async get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.url}${path}`);
    await accepted(response);
    return response.json() as Promise<T>;
  }
}

async function accepted(response: Response): Promise<void> {
  if (!response.ok) throw new Error(`${response.url} answers ${response.status}: ${await response.text()}`);
}

/** The load: reading and writing, page and api. Every POST writes one row, so rows can be counted against requests. */
export const requests: LoadRequest[] = [
  { method: "GET", path: "/api/whoami" },
  { method: "POST", path: "/api/rows", body: JSON.stringify({ text: "written under load" }), headers: json },
  { method: "GET", path: "/healthz" },
];
