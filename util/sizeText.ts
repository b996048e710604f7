/** A size for people: `512 bytes`, `0.4 MiB`, `300 MiB`. Pure. */
export function sizeText(bytes: number): string {
  const mebibytes = bytes / 1024 / 1024;
  return bytes < 1024 ? `${bytes} bytes` : `${mebibytes.toFixed(mebibytes < 10 ? 1 : 0)} MiB`;
}
