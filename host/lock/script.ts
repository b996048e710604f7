import { gatewayStatePath } from "../gateway/state";
import { leaseSeconds, parseOwner, type Owner } from "./owner";

/**
 * Name of one of an install's two locks, which are files in the gateway's volume. A run holds the run lock from before
 * its first change. Its provider holds the apply lock while it does the work: a killed run releases the run lock at
 * once, but its provider still rolls back.
 */
export type LockName = "run" | "apply";

/**
 * Files of the locks. They keep the names earlier versions gave them, so that runs of both versions exclude each other.
 */
const files: Readonly<Record<LockName, string>> = {
  run: `${gatewayStatePath}/scani-entrance.lock`,
  apply: `${gatewayStatePath}/scani-workshop.lock`,
};

/**
 * Script that takes or checks a lock and prints one line with the result. It holds a lock it has taken until its
 * standard input ends, which is when the process at the other end closes it or dies, or until nothing has come from
 * there for too long: a connection to another host can break without either end being told. In an image without
 * `timeout` only the end counts. A taken lock is tried again for a quarter of a second: a check holds it for a moment,
 * and a new owner has not yet written who it is.
 * Arguments: -x to take or -s to check, the lock's file, the other lock's file, the owner as JSON, the seconds of
 * silence after which it is free.
 */
const script = `
command -v flock > /dev/null || { echo unsupported; exit; }
exec 9>> "$2" || exit
tries=0
until flock -n "$1" 9; do
  tries=$((tries + 1))
  [ $tries -lt 6 ] || { echo "taken $(cat "$2")"; exit; }
  sleep 0.05
done
[ "$1" = -x ] || { echo free; exit; }
# Who holds it is a courtesy, which a full disk refuses; the lock is flock's.
{ printf %s "$4" > "$2"; } 2> /dev/null || :
echo "held $(flock -n -s "$3" echo free || echo "taken $(cat "$3")")"
limit=$(command -v timeout > /dev/null && echo "timeout $5")
# Without the lock, which is this script's alone. A word is no line end: a command substitution drops those.
while [ -n "$($limit head -c 1 9>&-)" ]; do :; done
: > "$2"
`;

/**
 * Returns a command that takes a lock for an owner. @param lease seconds of its silence after which the lock is free
 */
export function takeCommand(lock: LockName, owner: Owner, lease: number = leaseSeconds): string[] {
  const other = files[lock === "run" ? "apply" : "run"];
  return ["sh", "-c", script, "sh", "-x", files[lock], other, JSON.stringify(owner), String(lease)];
}

/** Returns a command that tells whether a lock is free, without holding it. */
export function lookCommand(lock: LockName): string[] {
  return ["sh", "-c", script, "sh", "-s", files[lock]];
}

/** Result of the script. */
export type Answer =
  /** Taken by this process; `other` is the owner of the other lock, or "free". */
  | { readonly is: "held"; readonly other: Owner | undefined | "free" }
  | { readonly is: "free" }
  | { readonly is: "taken"; readonly by: Owner | undefined }
  /** The gateway's image has no `flock`. */
  | { readonly is: "unsupported" };

/** Parses the script's line; undefined for any other line. Pure. */
export function parseAnswer(line: string): Answer | undefined {
  const [, word, rest] = /^(held|free|taken|unsupported) ?(.*)$/s.exec(line) ?? [];
  switch (word) {
    case "held":
      return { is: "held", other: rest === "free" ? "free" : parseOwner((rest ?? "").replace(/^taken /, "")) };
    case "taken":
      return { is: "taken", by: parseOwner(rest ?? "") };
    case "free":
      return { is: "free" };
    case "unsupported":
      return { is: "unsupported" };
    default:
      return undefined;
  }
}
