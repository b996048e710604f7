const path = require("node:path");

/** Golden files lie beside the sources of the tests, not beside the compiled tests, which are not in git. */
module.exports = {
  resolveSnapshotPath: (test, extension) => {
    const source = test.replace(`${path.sep}bin${path.sep}test${path.sep}`, `${path.sep}test${path.sep}`);
    return path.join(path.dirname(source), "golden", path.basename(source) + extension);
  },
  resolveTestPath: (snapshot, extension) =>
    path
      .join(path.dirname(path.dirname(snapshot)), path.basename(snapshot, extension))
      .replace(`${path.sep}test${path.sep}`, `${path.sep}bin${path.sep}test${path.sep}`),
  testPathForConsistencyCheck: path.join(path.sep, "x", "bin", "test", "unit", "a.test.js"),
};
