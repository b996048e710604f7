export const json = { "content-type": "application/json" };

/** Returns the response if it is ok. @throws Error with its body otherwise */
export async function accepted(response: Response): Promise<Response> {
  if (!response.ok)
    throw new Error(`${new URL(response.url).pathname} answers ${response.status}: ${await response.text()}`);
  return response;
}

/** Returns the cookies a response sets, as the next request sends them. */
export function cookieOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((value) => value.split(";")[0])
    .join("; ");
}
