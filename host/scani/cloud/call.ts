/** What one authenticated call to a data-provider came to, as curl tells it. */
export interface Heard {
  /** curl's exit code; -1 when there was no curl to tell. */
  readonly exitCode: number;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** True once a connection stood. */
  readonly connected: boolean;
  /** Seconds in all. */
  readonly seconds: number;
  /** curl's own words on what went wrong; empty when nothing did. */
  readonly words: string;
  /** Where a redirect points to; empty without one. */
  readonly location: string;
  /** The first 16 kB of the answer. */
  readonly body: string;
}

/** Seconds a data-provider may take to connect and answer; one that takes 10 is of no use to a dashboard. */
export const answerSeconds = 5;

/** Nothing of an answer beyond this is looked at, bytes. */
const bodyBytes = 16_000;

/** An answer that is larger is no data-provider's, bytes. */
const largestAnswer = 1_000_000;

/** A call to a data-provider. */
export interface Call {
  readonly procedure: string;
  /** JSON that is posted; without it the call only reads. */
  readonly body?: string;
}

/** Cheap, and without side effects. Source: shared/scani.md, "What tier 2 moves". */
const status: Call = { procedure: "ai.status" };

/** Variable that holds what a call posts. It may hold anything, so it is no part of the script. */
export const bodyVariable = "SCANI_CALL_BODY";

/**
 * A shell script that makes an authenticated call with the SCANI_CLOUD_URL and SCANI_CLOUD_API_KEY of its environment;
 * what it posts it takes from the variable above. The key goes to curl on its standard input, so that it is in no
 * process list. curl trusts the system's authorities and, as the api does, the one in NODE_EXTRA_CA_CERTS. `parseHeard`
 * reads what it prints.
 * @param seconds it may take in all
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

/** Reads what the script printed. Pure. */
export function parseHeard(output: string): Heard {
  const lines = output.split("\n");
  const end = lines.findIndex((line) => /^exit \d+$/.test(line));
  if (end < 0)
    return { exitCode: -1, status: 0, connected: false, seconds: 0, words: output.trim(), location: "", body: "" };
  const head = lines.slice(0, end);
  const [, status, connect, total, location] =
    head.map((line) => /^(\d{3}) ([\d.]+) ([\d.]+) ?(\S*)$/.exec(line)).find((match) => match !== null) ?? [];
  const said = head.map((line) => /^curl: \(\d+\) (.*)$/.exec(line)?.[1]).find((words) => words !== undefined);
  return {
    exitCode: Number(lines[end].slice("exit ".length)),
    status: Number(status ?? 0),
    connected: Number(connect ?? 0) > 0,
    seconds: Number(total ?? 0),
    words: said ?? (status === undefined ? head.join(" ").trim() : ""),
    location: location ?? "",
    body: lines.slice(end + 1).join("\n"),
  };
}

/** The output with a secret taken out, should an endpoint repeat it. Pure. */
export function without(secret: string, output: string): string {
  return secret === "" ? output : output.replaceAll(secret, "••••");
}
