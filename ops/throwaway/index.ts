export { cleanUp, leftBehind, removeInstall } from "./clean";
export { startHosted } from "./hosted";
export { changeSetting, layOut, type StackSettings, type Throwaway, type ThrowawayImages } from "./place";
