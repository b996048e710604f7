import { postgresLibc } from "../../../../../host/guards/data/postgresLibc";

test.each([
  ["postgres:16-alpine", undefined, "musl"],
  ["registry.example:5000/library/postgres:16.4-alpine3.20", undefined, "musl"],
  ["postgres:16", undefined, "glibc"],
  ["postgres:16.4-bookworm", undefined, "glibc"],
  [`postgres@sha256:${"a".repeat(64)}`, undefined, undefined],
  ["pgvector/pgvector:pg16", undefined, undefined],
  ["pgvector/pgvector:pg16", ["PG_MAJOR=16", "PG_VERSION=16.4-1.pgdg120+1"], "glibc"],
  ["timescale/timescaledb:2.14-pg16", ["PG_VERSION=16.4"], "musl"],
  // The image's own variables count; without them nothing is guessed.
  ["postgres:16-alpine", ["PATH=/bin"], undefined],
])("%s with %j is built on %s", (image, environment, libc) => {
  expect(postgresLibc(image, environment)).toBe(libc);
});
