/** Milliseconds after which an address counts as not answering. */
const timeout = 8_000;

let asked: Promise<boolean> | undefined;

/**
 * True when Pulumi's downloads can be reached from here; checked once per process. Behind a proxy, which Node does not
 * use by itself, it is assumed, and the download has to show.
 */
export function pulumiReachable(environment: NodeJS.ProcessEnv): Promise<boolean> {
  return (asked ??=
    environment.https_proxy || environment.HTTPS_PROXY ? Promise.resolve(true) : answers("https://get.pulumi.com/"));
}

/** True when anything answers at that address, whatever it says. */
function answers(url: string): Promise<boolean> {
  return fetch(url, { method: "HEAD", redirect: "manual", signal: AbortSignal.timeout(timeout) }).then(
    () => true,
    () => false,
  );
}
