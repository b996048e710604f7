/** Reads an error as Docker's response: its HTTP status, if it has one, and its message. */
function answer(error: unknown): { statusCode?: number; message: string } {
  return error as { statusCode?: number; message: string };
}

/** Returns true when the object does not exist. */
export function isMissing(error: unknown): boolean {
  return answer(error).statusCode === 404;
}

/** Returns true for a start of a running container, or a stop of one that does not run. */
export function isAlreadySo(error: unknown): boolean {
  return answer(error).statusCode === 304;
}

/** Returns true when Docker's message contains these words. */
export function says(error: unknown, words: string): boolean {
  return answer(error).message.includes(words);
}

/** Returns a handler that prefixes Docker's message with what was tried, as the official plugin does. */
export function unable(what: string): (error: unknown) => never {
  return (error) => {
    throw Object.assign(new Error(`Unable to ${what}: ${answer(error).message}`, { cause: error }), {
      statusCode: answer(error).statusCode,
    });
  };
}
