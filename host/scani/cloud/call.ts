/** Result of one authenticated call to a data-provider, as curl reports it. */
export interface CallResult {
  /** curl's exit code; -1 when curl could not be run. */
  readonly exitCode: number;
  /** HTTP status; 0 without a response. */
  readonly status: number;
  /** True when a connection was made. */
  readonly connected: boolean;
  /** Duration in seconds. */
  readonly seconds: number;
  /** curl's own error message; empty without an error. */
  readonly message: string;
  /** Target of a redirect; empty without one. */
  readonly location: string;
  /** The first 16 kB of the response's body. */
  readonly body: string;
}

/** Seconds a data-provider may take to connect and respond; a dashboard has no use for one that takes 10. */
export const answerSeconds = 5;

/** Bytes of a response that are read. */
const bodyBytes = 16_000;

/** Largest response a data-provider would send, bytes. */
const largestAnswer = 1_000_000;

/** A call to a data-provider. */
export interface Call {
  readonly procedure: string;
  /** JSON to post; without it the call is a GET. */
  readonly body?: string;
}

/** Default call, cheap and free of side effects. */
const status: Call = { procedure: "ai.status" };

/** Variable that holds the body to post. Not part of the script, since it may contain anything. */
export const bodyVariable = "SCANI_CALL_BODY";

/**
 * Makes a shell script for an authenticated call with the SCANI_CLOUD_URL and SCANI_CLOUD_API_KEY of its environment,
 * and with the body in the variable above. The key goes to curl on standard input, so that no process list shows it.
 * curl trusts the system's authorities and, as the api does, the one in NODE_EXTRA_CA_CERTS. `parseResult` reads the
 * script's output.
 * @param seconds the call may take in all
 */
export function callScript(seconds: number, { procedure, body }: Call = status): string {
  const wanted = "%{http_code} %{time_connect} %{time_total} %{redirect_url}\\n";
  return [
    "body=$(mktemp) || exit",
    'key=$(printf %s "$SCANI_CLOUD_API_KEY" | sed \'s/[\\\\"]/\\\\&/g\')',
    [
      'printf \'header = "Authorization: Bearer %s"\\n\' "$key" |',
      'curl -sS -K - ${NODE_EXTRA_CA_CERTS:+--cacert "$NODE_EXTRA_CA_CERTS"}',
      `--connect-timeout ${seconds} --max-time ${seconds} --max-filesize ${largestAnswer}`,
      body === undefined ? "" : `-H 'Content-Type: application/json' --data-binary "$${bodyVariable}"`,
      `-o "$body" -w '${wanted}' "\${SCANI_CLOUD_URL%/}/trpc/${procedure}" 2>&1`,
    ].join(" "),
    'echo "exit $?"',
    `head -c ${bodyBytes} "$body"`,
    'rm -f "$body"',
  ].join("\n");
}

/** Parses the script's output. Pure. */
export function parseResult(output: string): CallResult {
  const lines = output.split("\n");
  const end = lines.findIndex((line) => /^exit \d+$/.test(line));
  if (end < 0)
    return { exitCode: -1, status: 0, connected: false, seconds: 0, message: output.trim(), location: "", body: "" };
  const head = lines.slice(0, end);
  const [, status, connect, total, location] =
    head.map((line) => /^(\d{3}) ([\d.]+) ([\d.]+) ?(\S*)$/.exec(line)).find((match) => match !== null) ?? [];
  const message = head.map((line) => /^curl: \(\d+\) (.*)$/.exec(line)?.[1]).find((text) => text !== undefined);
  return {
    exitCode: Number(lines[end].slice("exit ".length)),
    status: Number(status ?? 0),
    connected: Number(connect ?? 0) > 0,
    seconds: Number(total ?? 0),
    message: message ?? (status === undefined ? head.join(" ").trim() : ""),
    location: location ?? "",
    body: lines.slice(end + 1).join("\n"),
  };
}

/** Removes a secret from a text that is somebody else's: an endpoint may repeat the key it was given. Pure. */
export function redact(secret: string, output: string): string {
  return secret === "" ? output : output.replaceAll(secret, "••••");
}
