/** Runs the compiled tests; `npm test` compiles first, so nothing is type-checked twice. */
module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/bin/test"],
  // What is compiled needs no second translation, which took as long as some of the tests.
  transform: {},
  testMatch: ["**/*.test.js"],
  snapshotResolver: "<rootDir>/test/snapshotResolver.js",
};
