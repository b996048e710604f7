import { plainWords } from "./words";

/** Pulumi's own lock of a stack: a file next to the state, which a killed run leaves behind. */
export interface StackLock {
  /** Its location, as Pulumi prints it: `file:///…/<id>.json`. */
  readonly url: string;
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  /** ISO 8601. */
  readonly since: string;
}

/**
 * Returns the locks Pulumi names when it refuses a locked stack; none for any other message. Pure. Source:
 * pulumi/pkg/backend/diy/lock.go, `checkForLock`.
 */
export function stackLocksIn(message: string): StackLock[] {
  const plain = plainWords(message);
  if (!plain.includes("the stack is currently locked by")) return [];
  const lines = plain.matchAll(/^\s+(\S.*): created by (.*)@(\S+) \(pid (\d+)\) at (\S+)$/gm);
  // A lock may be named twice: an error of the Automation API repeats what Pulumi printed.
  const byUrl = new Map(
    [...lines].map(([, url, user, host, pid, since]) => [url, { url, user, host, pid: Number(pid), since }]),
  );
  return [...byUrl.values()];
}
