/** Signed address to which a data-provider has a file sent, and the key it gives the file. */
export interface UploadSpot {
  readonly url: string;
  readonly key: string;
  /** Headers the sender has to write itself: length and host follow from the file and the address. */
  readonly headers: Readonly<Record<string, string>>;
}

const written = ["content-length", "host"];

/**
 * Parses the answer of `storage.presignUpload`; undefined where it names no place. Pure. Source: the storage procedures
 * of Scani 0.17.1's data-provider.
 */
export function parseUploadSpot(data: Readonly<Record<string, unknown>>): UploadSpot | undefined {
  const { uploadUrl: url, key, requiredHeaders } = data;
  if (typeof url !== "string" || typeof key !== "string" || !URL.canParse(url)) return undefined;
  const headers = Object.entries((requiredHeaders ?? {}) as Record<string, unknown>).flatMap(([name, value]) =>
    typeof value === "string" && !written.includes(name.toLowerCase()) ? [[name, value]] : [],
  );
  return { url, key, headers: Object.fromEntries(headers) as Record<string, string> };
}
