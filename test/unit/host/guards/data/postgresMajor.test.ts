import { postgresMajor } from "../../../../../host/guards/data/postgresMajor";

test.each([
  ["postgres:16-alpine", undefined, "16"],
  ["registry.example:5000/library/postgres:16.4", undefined, "16"],
  [`postgres:17@sha256:${"a".repeat(64)}`, undefined, "17"],
  [`postgres@sha256:${"a".repeat(64)}`, undefined, undefined],
  [`postgres@sha256:${"a".repeat(64)}`, ["PATH=/bin", "PG_MAJOR=15"], "15"],
  // The version in the tag is the extension's.
  ["timescale/timescaledb:2.14-pg16", undefined, undefined],
  ["timescale/timescaledb:2.14-pg16", ["PG_MAJOR=16"], "16"],
  ["bitnami/my-postgres:14", undefined, undefined],
])("%s with %j is Postgres %s", (image, environment, major) => {
  expect(postgresMajor(image, environment)).toBe(major);
});
