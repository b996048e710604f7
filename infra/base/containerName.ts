/** Docker name of one of base's containers: it is the same for ever, since there is one of a kind in an install. */
export function containerName(install: string, service: string): string {
  return `${install}-${service}`;
}
