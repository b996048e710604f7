/** Variables of Scani's containers that this module sets itself, and that no setting names. */
export const moduleVariables: ReadonlySet<string> = new Set([
  ...["NODE_ENV", "SERVICE_NAME", "PORT", "HOST", "API_UPSTREAM", "NODE_EXTRA_CA_CERTS"],
]);
