/** Runs the compiled tests; `npm test` compiles first, so nothing is type-checked twice. */
module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/bin/test"],
  testMatch: ["**/*.test.js"],
  snapshotResolver: "<rootDir>/test/snapshotResolver.js",
};
