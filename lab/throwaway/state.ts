/** Where a throwaway install's state is, as Pulumi is told. Pure. */
export function stateUrl(workDir: string): string {
  return `file://${workDir}/state`;
}
