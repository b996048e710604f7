export { chooseBucket, policyFor, startBucket, type HostedBucket } from "./bucket";
export { cleanUp, removeInstall, removeWhole } from "./clean";
export { hostedEnvironment, startHosted } from "./hosted";
export { startHostedOnStores } from "./hostedOnStores";
export { testKinds, type TestKind } from "./kinds";
export {
  changeSetting,
  contextOn,
  layOut,
  type StackSettings,
  type TestPlugins,
  type Throwaway,
  type ThrowawayImages,
} from "./place";
export { throwawayLabels } from "./mark";
export { hostAddress } from "./network";
export { foldersOf, installOf, isOwn, ownFolder } from "./owner";
export { sweep } from "./sweep";
export { startTlsFront } from "./tlsFront";
