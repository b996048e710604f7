/** Returns the URL of a throwaway install's state, for PULUMI_BACKEND_URL. Pure. */
export function stateUrl(workDir: string): string {
  return `file://${workDir}/state?metadata=skip`;
}
