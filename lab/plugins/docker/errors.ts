/** Docker's answer, as far as it is one: its HTTP status and its words. */
function answer(error: unknown): { statusCode?: number; message: string } {
  return error as { statusCode?: number; message: string };
}

/** True for what is not there. */
export function isMissing(error: unknown): boolean {
  return answer(error).statusCode === 404;
}

/** True for a start of what runs, or a stop of what does not. */
export function isAlreadySo(error: unknown): boolean {
  return answer(error).statusCode === 304;
}

/** True when Docker's words contain these. */
export function says(error: unknown, words: string): boolean {
  return answer(error).message.includes(words);
}

/** Puts what was tried before Docker's words, as the official plugin does. */
export function unable(what: string): (error: unknown) => never {
  return (error) => {
    throw Object.assign(new Error(`Unable to ${what}: ${answer(error).message}`, { cause: error }), {
      statusCode: answer(error).statusCode,
    });
  };
}
