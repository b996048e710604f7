import type { LoadRequest } from "../load";
import { accepted, cookieOf, json, type Jobs, type RehearsedScani, type Session } from "./scani";

/** The tests' stand-in Scani. It counts by itself what the real one has to be asked for in the database. */
export class StandInScani implements RehearsedScani {
  /** What is kept under each session, by its cookie. */
  private readonly secrets = new Map<string, string>();

  /** @param url address of the gateway */
  constructor(private readonly url: string) {}

  async seedUser(name: string): Promise<Session> {
    const cookie = cookieOf(await this.post("/api/auth/sign-in", { email: `${name}@example.org` }));
    const secret = `bank password of ${name}`;
    await this.post("/api/credentials", { name: "bank", secret }, { cookie });
    this.secrets.set(cookie, secret);
    return { cookie };
  }

  async stillKnows({ cookie }: Session): Promise<boolean> {
    const response = await fetch(`${this.url}/api/credentials/bank`, { headers: { cookie } });
    return response.ok && ((await response.json()) as { secret: string }).secret === this.secrets.get(cookie);
  }

  /** @param milliseconds that each takes */
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
    return [
      { method: "GET", path: "/api/whoami" },
      { method: "POST", path: "/api/rows", body: JSON.stringify({ text: "written under load" }), headers: json },
      { method: "GET", path: "/healthz" },
    ];
  }

  private async get<T>(path: string): Promise<T> {
    return (await accepted(await fetch(`${this.url}${path}`))).json() as Promise<T>;
  }

  private async post(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
    return accepted(await fetch(`${this.url}${path}`, { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify(body) }));
  }
}
