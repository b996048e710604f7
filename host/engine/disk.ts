/** Returns the free MiB in the output of `df -Pk`; undefined for any other output. Pure. */
export function parseFree(output: string): number | undefined {
  const available = /^\S+\s+\d+\s+\d+\s+(\d+)\s+\d+%\s+\//.exec(output.trim().split("\n").at(-1) ?? "")?.[1];
  return available === undefined ? undefined : Math.floor(Number(available) / 1024);
}
