import type { Page } from "playwright-core";

/** Events in a page that a user would notice, or find in its console. */
export interface Watched {
  readonly page: Page;
  /** Errors of the console, refused or failed requests, in order. */
  readonly problems: readonly string[];
  /**
   * Milliseconds each websocket was gone until the next had its first message; one that has not come back is left out.
   */
  readonly gaps: readonly number[];
  /** Returns how often a websocket has had its first message. */
  greeted(): number;
  /** Returns the number of requests that were sent. */
  requests(): number;
  /** Returns how often the page was loaded. */
  loads(): number;
}

/**
 * Watches a page from its beginning.
 * @param aside addresses and messages of failures that are not the gateway's
 */
export function watch(page: Page, aside: RegExp | undefined): Watched {
  const problems: string[] = [];
  const gaps: number[] = [];
  const answered = new Set<unknown>();
  let [greeted, requests, loads] = [0, 0, 0];
  let goneSince: number | undefined;

  page.on("console", (message) => {
    if (message.type() === "error" && !aside?.test(message.location().url)) problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => {
    if (!aside?.test(error.message)) problems.push(`uncaught: ${error.message}`);
  });
  page.on("request", () => {
    requests += 1;
  });
  page.on("response", (response) => {
    answered.add(response.request());
    if (response.status() >= 400 && !aside?.test(response.url()))
      problems.push(`${response.status()} ${response.request().method()} ${withoutQuery(response.url())}`);
  });
  page.on("requestfailed", (request) => {
    // A page that does not read a response's body, as Scani's after an upload, aborts the request itself; so does one
    // that navigates elsewhere.
    if (answered.has(request) || aside?.test(request.url()) || request.failure()?.errorText === "net::ERR_ABORTED")
      return;
    problems.push(`${request.failure()?.errorText} ${request.method()} ${withoutQuery(request.url())}`);
  });
  page.on("load", () => {
    loads += 1;
  });
  page.on("websocket", (socket) => {
    let first = true;
    socket.on("framereceived", () => {
      if (!first) return;
      first = false;
      greeted += 1;
      if (goneSince !== undefined) gaps.push(Date.now() - goneSince);
      goneSince = undefined;
    });
    socket.on("close", () => {
      goneSince ??= Date.now();
    });
  });
  return { page, problems, gaps, greeted: () => greeted, requests: () => requests, loads: () => loads };
}

/** Removes the query, since that of a presigned address lets anybody in. */
function withoutQuery(url: string): string {
  return url.replace(/\?.*/, "");
}
