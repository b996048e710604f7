/** Address under which a tier 1 release's api and worker reach its own data-provider. */
export const localCloudUrl = "http://data-provider:8082";
