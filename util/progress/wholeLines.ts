/** Puts the pieces of an output together to lines: a pipe ends a piece wherever it likes. */
export interface WholeLines {
  /** Takes a piece as it comes. */
  take(piece: string): void;
  /** Gives what the last piece left without an end of line. */
  end(): void;
}

/** @param onLine called with each line, without its end */
export function wholeLines(onLine: (line: string) => void): WholeLines {
  let begun = "";
  return {
    take(piece) {
      const lines = (begun + piece).split("\n");
      begun = lines.pop() ?? "";
      lines.forEach(onLine);
    },
    end() {
      if (begun !== "") onLine(begun);
      begun = "";
    },
  };
}
