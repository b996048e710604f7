/** Assembles lines from the chunks of an output, which a pipe cuts anywhere. */
export interface WholeLines {
  /** Takes a chunk as it comes. */
  take(chunk: string): void;
  /** Passes on the last line if it had no end of line. */
  end(): void;
}

/** @param onLine called with each line, without its end */
export function wholeLines(onLine: (line: string) => void): WholeLines {
  let rest = "";
  return {
    take(chunk) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(onLine);
    },
    end() {
      if (rest !== "") onLine(rest);
      rest = "";
    },
  };
}
