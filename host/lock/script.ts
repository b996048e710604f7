import { gatewayStatePath } from "../gateway/state";
import { parseOwner, type Owner } from "./owner";

/**
 * An install has two locks, files in the gateway's volume. `entrance` is held by whoever works on the install, from
 * before its first touch. `workshop` is held by the provider while it does the work: a killed run lets go of the
 * entrance at once, but its provider first takes back what it did.
 */
export type LockName = "entrance" | "workshop";

function fileOf(lock: LockName): string {
  return `${gatewayStatePath}/scani-${lock}.lock`;
}

/**
 * One line says how it went; then, where the lock was taken, it is held until standard input ends, which is when the
 * process at the other end closes it or dies. A taken lock is asked for again for a quarter of a second: who only looks
 * holds it for a moment, and who has just taken it has not yet written who it is.
 * Words: -x to take or -s to look, the lock's file, the other lock's file, the owner as JSON.
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
printf %s "$4" > "$2"
echo "held $(flock -n -s "$3" echo free || echo "taken $(cat "$3")")"
cat > /dev/null
: > "$2"
`;

/** Command that takes a lock for an owner. */
export function takeCommand(lock: LockName, owner: Owner): string[] {
  return [
    "sh",
    "-c",
    script,
    "sh",
    "-x",
    fileOf(lock),
    fileOf(lock === "entrance" ? "workshop" : "entrance"),
    JSON.stringify(owner),
  ];
}

/** Command that looks whether a lock is free, and holds nothing. */
export function lookCommand(lock: LockName): string[] {
  return ["sh", "-c", script, "sh", "-s", fileOf(lock)];
}

/** What the script answers. */
export type Answer =
  /** It is this process's now; `other` is who has the other lock, or "free". */
  | { readonly is: "held"; readonly other: Owner | undefined | "free" }
  | { readonly is: "free" }
  | { readonly is: "taken"; readonly by: Owner | undefined }
  /** The gateway's image has no `flock`. */
  | { readonly is: "unsupported" };

/** Reads the script's line; undefined when it is none of its own. Pure. */
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
