import { errorText } from "./log";

/** Error response of a data-provider's procedure. */
export class CloudError extends Error {}

/**
 * Client of the data-provider for api and worker. It asks in batches of one, as tRPC's own client does when no other
 * call is pending.
 */
export class Cloud {
  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  async query<T>(name: string, input: object): Promise<T> {
    return this.ask<T>(`${name}?batch=1&input=${encodeURIComponent(JSON.stringify({ 0: input }))}`, { method: "GET" });
  }

  async mutate<T>(name: string, input: object): Promise<T> {
    return this.ask<T>(`${name}?batch=1`, { method: "POST", body: JSON.stringify({ 0: input }) });
  }

  private async ask<T>(path: string, init: RequestInit): Promise<T> {
    const name = path.split("?")[0];
    const response = await fetch(`${this.url.replace(/\/$/, "")}/trpc/${path}`, {
      ...init,
      headers: { "content-type": "application/json", authorization: `Bearer ${this.key}` },
      signal: AbortSignal.timeout(15_000),
    }).catch((error: Error) => {
      const cause = error.cause ? `: ${errorText(error.cause)}` : "";
      throw new CloudError(`data-provider unreachable: ${error.message}${cause}`);
    });
    const text = await response.text();
    let answers: { result?: { data: T }; error?: { message: string } }[];
    try {
      const body = JSON.parse(text) as unknown;
      answers = Array.isArray(body) ? (body as typeof answers) : [];
    } catch {
      answers = [];
    }
    const answer = answers[0];
    if (response.ok && answer?.result) return answer.result.data;
    throw new CloudError(
      `data-provider ${name} answered ${response.status}: ${answer?.error?.message ?? text.slice(0, 200)}`,
    );
  }
}
