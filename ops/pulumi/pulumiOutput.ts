import { wholeLines } from "../../util/progress/wholeLines";
import type { Say } from "./say";

/** How a Pulumi command is to print, and to whom. */
interface Output {
  readonly onOutput: (piece: string) => void;
  readonly color: "always" | "never";
}

/** Runs a Pulumi command and says what it prints, line by line. */
export async function saying<T>(say: Say, command: (output: Output) => Promise<T>): Promise<T> {
  const lines = wholeLines(say);
  try {
    return await command({ onOutput: lines.take, color: process.stdout.isTTY ? "always" : "never" });
  } finally {
    lines.end();
  }
}
