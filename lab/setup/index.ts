export { chromium, compose, ensurePackage, sshServer } from "./distributionPackage";
export { prepare, type Prepared } from "./prepare";
export { pulumiCli } from "../../ops/pulumi/pulumiCli";
export { testLanguageHost } from "./languageHost";
export { officialPlugin, standInsForced, testPlugins } from "./plugins";
export type { Report as Say } from "../../util/progress/progress";
