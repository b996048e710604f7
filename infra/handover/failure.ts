/** A handover that could not be done. Its message is for the operator as it is; the host is as the message says. */
export class HandoverFailure extends Error {
  constructor(message: string, readonly logTail: readonly string[] = []) {
    super(message);
    this.name = "HandoverFailure";
  }
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
