/** Something on the host that did not come to be. Its message is for the operator as it is. */
export class HostFailure extends Error {
  /** @param logTail the last lines the container in question logged */
  constructor(
    message: string,
    readonly logTail: readonly string[] = [],
  ) {
    super(message);
    this.name = "HostFailure";
  }
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** A failure as the operator reads it: what happened, then the end of the log. Pure. */
export function withLogTail(thrown: unknown): string {
  const tail = thrown instanceof HostFailure ? thrown.logTail : [];
  return [
    messageOf(thrown),
    ...(tail.length > 0 ? ["", "The last it logged:", ...tail.map((line) => `    ${line}`)] : []),
  ].join("\n");
}
