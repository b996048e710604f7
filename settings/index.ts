export { catalogue, providerVariables, settingNamed } from "./catalogue";
export { SettingsError, setCommand, type Mistake } from "./mistakes";
export { resolveSettings, type Settings } from "./resolve";
export { lookUp, operatorSources, type Sources } from "./sources";
export { isPrivateHost } from "./shapes";
export type { Setting, StackKind, Tier } from "./setting";
