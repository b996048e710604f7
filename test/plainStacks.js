const { runInThisContext } = require("node:vm");

/**
 * Pulumi's SDK notes for each of a program's promises where it was made, by an error without a message. Jest traces
 * every stack back to the TypeScript it was compiled from, which took half the time of whatever declares a stack;
 * nobody reads these.
 */
const traced = runInThisContext("Error").prepareStackTrace;
Error.prepareStackTrace = (error, frames) =>
  error.message === "" || traced === undefined ? [String(error), ...frames].join("\n    at ") : traced(error, frames);

// As Node has it: Jest keeps a hundred frames of each.
Error.stackTraceLimit = 10;
