import { workProblem } from "../../host/lock/owner";
import { keeperProblem } from "../../host/adopt/record";
import { strayProblem } from "../../host/adopt/strays";
import { renderProblem } from "../../util/operatorError";
import { seconds } from "../../util/progress/progress";
import { describeServing, describeShortcomings } from "../../host/install/facts";
import { filesText } from "../../host/install/filesEntry";
import type { Status } from "./read";

/** Renders an install in lines for a person. */
export function showStatus(status: Status): string {
  const { serving, state, lastSwitch, work } = status;
  const carried = lastSwitch?.files && filesText(lastSwitch.files);
  const amiss = [strayProblem(status.strays), keeperProblem(status.install, status.keeper)];
  const width = Math.max(...status.containers.map(({ name }) => name.length));
  return [
    serving === undefined
      ? `${status.install}: ${state.is === "unrouted" ? "nothing serves" : `serving now: ${describeServing(state)}`}`
      : `${status.install}: ${serving.tier} serves (release ${serving.release})${serving.since === undefined ? "" : ` since ${serving.since}`}${state.is === "serving" ? describeShortcomings(state.shortcomings) : ""}`,
    ...(work === undefined ? [] : ["", renderProblem(workProblem(work))]),
    "",
    ...status.containers.map(
      (c) => `${(c.tier ?? "base").padEnd(6)} ${c.name.padEnd(width)}  ${c.status.padEnd(28)} ${c.image}`,
    ),
    ...status.copies.map((name) => `${name} only has the labels of another container, and is no part of this install.`),
    ...amiss.flatMap((one) => (one === undefined ? [] : ["", renderProblem(one)])),
    "",
    lastSwitch === undefined
      ? status.recordUnreadable === true
        ? "The record of switches cannot be read; the next switch puts it aside."
        : "No switch on record."
      : [
          `Last: ${lastSwitch.at} by ${lastSwitch.by}, ${lastSwitch.from?.tier ?? "nothing"} → ${lastSwitch.to.tier}: ${lastSwitch.outcome} in ${seconds(lastSwitch.totalMs)}`,
          ...(carried === undefined ? [] : [`  files: ${carried}`]),
          ...(lastSwitch.why === undefined ? [] : [`  ${lastSwitch.why}`]),
          ...Object.entries(lastSwitch.timings).map(([step, ms]) => `  ${step}: ${seconds(ms)}`),
        ].join("\n"),
  ].join("\n");
}
