export { chooseBucket, policyFor, startBucket, type HostedBucket } from "./bucket";
export { cleanUp, removeInstall } from "./clean";
export { startHosted } from "./hosted";
export { startHostedOnStores } from "./hostedOnStores";
export { changeSetting, layOut, type StackSettings, type Throwaway, type ThrowawayImages } from "./place";
export { foldersOf, ownFolder, sweep } from "./owner";
export { startTlsFront } from "./tlsFront";
