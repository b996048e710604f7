import { messageOf, OperatorError } from "../operatorError";
import { readIfThere } from "./readIfThere";

/**
 * Reads a JSON object that somebody may have edited; undefined where there is no such file.
 * @throws OperatorError that names the file, and quotes nothing of it: it may hold secrets
 */
export function readJsonIfThere(path: string): Readonly<Record<string, unknown>> | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The message itself may quote the text around the mistake.
    const position = /at position (\d+)/.exec(messageOf(error))?.[1];
    const line = position === undefined ? "" : ` (line ${text.slice(0, Number(position)).split("\n").length})`;
    throw new OperatorError({ what: `${path} is not valid JSON${line}.`, why: correct });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new OperatorError({ what: `${path} holds no JSON object.`, why: correct });
}

const correct = "Correct it, or move it away where nothing in it is needed, and type the same again.";
