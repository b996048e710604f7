/** Formats of statements a user may import. */
export const FILE_TYPES = ["csv", "ofx", "qif"] as const;
export type FileType = (typeof FILE_TYPES)[number];

/**
 * Returns one text for each transaction of a statement: a line of CSV below the header, an OFX `STMTTRN`, a QIF record.
 * @throws Error when there is none
 */
export function transactionsOf(content: string, type: FileType): string[] {
  const lines = content.split(/\r?\n/).map((line) => line.trim());
  const found = {
    csv: () => lines.filter(Boolean).slice(1),
    ofx: () =>
      [...content.matchAll(/<STMTTRN>([\s\S]*?)<\/STMTTRN>/gi)].map(([, body]) =>
        (body ?? "").trim().replace(/\s+/g, " "),
      ),
    qif: () =>
      content
        .split(/^\^\s*$/m)
        .map((record) => record.replace(/^!.*$/gm, "").trim().replace(/\s+/g, " "))
        .filter(Boolean),
  }[type]();
  if (found.length === 0) throw new Error(`no transaction in this ${type} file`);
  return found;
}
