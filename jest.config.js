const { existsSync, readdirSync } = require("node:fs");
const { join } = require("node:path");

/** Compiled tests whose source has been moved or removed: the compiler leaves them where they are. */
const stale = readdirSync(join(__dirname, "bin", "test"), { recursive: true })
  .filter((file) => file.endsWith(".test.js") && !existsSync(join(__dirname, "test", file.replace(/js$/, "ts"))))
  .map((file) => `/bin/test/${file.replaceAll(".", "\\.")}$`);

/** Tests that take many minutes are only there where they are asked for, so that nothing counts as skipped. */
const thorough = process.env.SCANI_TEST_THOROUGH !== undefined;

/** Those of Scani's own images are there where these are. */
const real = process.env.SCANI_TEST_IMAGES === "real";

/** Those that measure how long a request waits run when no other file does: `only` them, or all `but` them. */
const alone = process.env.SCANI_TEST_ALONE;

/** Runs the compiled tests; `npm test` compiles first, so nothing is type-checked twice. */
module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/bin/test"],
  // What is compiled needs no second translation, which took as long as some of the tests.
  transform: {},
  moduleNameMapper: { "^(typescript|@npmcli/arborist)$": "<rootDir>/test/unneeded.js" },
  testMatch: [alone === "only" ? "**/*.alone.test.js" : "**/*.test.js"],
  testPathIgnorePatterns: [
    "/node_modules/",
    ...stale,
    ...(thorough ? [] : ["\\.thorough\\.test\\.js$"]),
    ...(alone === "but" ? ["\\.alone\\.test\\.js$"] : []),
    ...(real ? [] : ["\\.real\\.(alone\\.)?test\\.js$"]),
  ],
  setupFiles: ["<rootDir>/test/plainStacks.js"],
  snapshotResolver: "<rootDir>/test/snapshotResolver.js",
  // Only ends what hangs: some tests go through thousands of cases, which takes minutes on a machine that does other work.
  testTimeout: 240_000,
  testSequencer: "<rootDir>/test/sequencer.js",
};
