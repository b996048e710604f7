/** Docker name of one of base's containers: it is the same for ever, since there is one of a kind in an install. */
export function containerName(install: string, service: string): string {
  return `${install}-${service}`;
}

/** Docker name of the volume a service of base keeps its data in. */
export function volumeNameOf(install: string, service: string): string {
  return `${install}-${service}-data`;
}
