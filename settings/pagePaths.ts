/**
 * First segments of the paths of Scani's page and gateway: a bucket of such a name would hide the page behind it.
 * Source: Scani 0.17.1, the page's routes and static files.
 */
export const pagePaths: ReadonlySet<string> = new Set([
  "api",
  "assets",
  "auth",
  "icons",
  "healthz",
  "signin",
  "signup",
  "accounts",
  "documents",
  "files",
  "groups",
  "holdings",
  "import",
  "institutions",
  "integrations",
  "jobs",
  "kitchen-sink",
  "manual-entry",
  "payments",
  "review",
  "settings",
  "tokens",
  "vaults",
  "vendors",
  "wallet-import",
]);
