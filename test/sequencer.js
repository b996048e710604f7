const { basename } = require("node:path");
const { default: Sequencer } = require("@jest/test-sequencer");

/**
 * Files that take minutes, the longest first. Where jest has not run them before it goes by their size, and the longest
 * are lists of their parts: begun last, one would run on alone. Parity plays on two installs at once and fills the
 * machine; the load's own tests, which measure rates and percentiles, come when it is over.
 */
const longest = [
  "faults",
  "runs",
  "switch",
  "data",
  "otherHands",
  "takedown",
  "facts",
  "parity",
  "engineRestart",
  "counts",
  "outage",
];

module.exports = class extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => longest.indexOf(basename(path, ".test.js"));
    const known = tests.filter((one) => rank(one) >= 0).sort((a, b) => rank(a) - rank(b));
    return [...known, ...super.sort(tests.filter((one) => rank(one) < 0))];
  }
};
