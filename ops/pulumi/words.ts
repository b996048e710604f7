import { stripVTControlCharacters } from "node:util";

/**
 * Pulumi's words without the colours it gives them on a terminal, with which it also ends them: whatever reads a meaning
 * from its words reads these. Pure.
 */
export function plainWords(printed: string): string {
  return stripVTControlCharacters(printed);
}
