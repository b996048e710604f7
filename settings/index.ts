export {
  catalogue,
  generatedNames,
  isGenerated,
  platformVariables,
  providerVariables,
  settingNamed,
  type GeneratedName,
  type PlatformVariable,
  type ProvidedVariable,
  type Setting,
  type SettingName,
} from "./table";
export { mask } from "./mask";
export { SettingsError, setCommand, type Mistake } from "./mistakes";
export { misspeltInEnvironment, unreadInDotenv } from "./misspelt";
export { moduleVariables } from "./moduleVariables";
export { isAcceptableSecret, resolveSettings } from "./resolve";
export { plainText, Secret } from "./secret";
export { type NamesOf, type Settings } from "./settings";
export { lookUp, operatorSources, type Origin, type Sources } from "./sources";
export { furtherVariablesIn, isPrivateHost, type FurtherVariable } from "./shapes";
export { vapidPrivateKeyOf, vapidPublicKey } from "./vapid";
export { settingFrom, withdrawCommands } from "./withdraw";
export { flagOn, howToSet, isSet, withFlag, type Flag } from "./flags";
export type { StackKind, Tier } from "./spec";
