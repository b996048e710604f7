import { aBoolean, aMap, aNumber, anObject, aString, listOf, setOf, type Properties } from "../protocol/shape";
import { labels } from "./labels";

/** Properties the program declares of a container, and what the official plugin does when they change. */
export const containerProperties: Properties = {
  name: { shape: aString, change: "replace" },
  image: { shape: aString, change: "replace", required: true },
  labels: { shape: labels, change: "replace", computed: true, emptyIsAbsent: true },
  networksAdvanced: {
    shape: setOf(anObject({ name: aString, aliases: setOf(aString), ipv4Address: aString })),
    change: "replace",
  },
  envs: { shape: setOf(aString), change: "replace", computed: true },
  entrypoints: { shape: listOf(aString), change: "replace", computed: true },
  command: { shape: listOf(aString), change: "replace", computed: true },
  healthcheck: {
    shape: anObject({
      tests: listOf(aString),
      interval: aString,
      timeout: aString,
      startPeriod: aString,
      startInterval: aString,
      retries: aNumber,
    }),
    change: "update",
    computed: true,
  },
  memory: { shape: aNumber, change: "update" },
  memorySwap: { shape: aNumber, change: "update" },
  capabilities: { shape: anObject({ adds: setOf(aString), drops: setOf(aString) }), change: "replace" },
  securityOpts: { shape: setOf(aString), change: "replace", computed: true },
  readOnly: { shape: aBoolean, change: "replace", fallback: false },
  tmpfs: { shape: aMap, change: "update" },
  logDriver: { shape: aString, change: "replace", computed: true },
  logOpts: { shape: aMap, change: "replace" },
  volumes: { shape: setOf(anObject({ volumeName: aString, containerPath: aString })), change: "replace" },
  ports: {
    shape: listOf(anObject({ internal: aNumber, external: aNumber, ip: aString, protocol: aString })),
    change: "replace",
  },
  init: { shape: aBoolean, change: "update", computed: true },
  restart: { shape: aString, change: "update", fallback: "no" },
  start: { shape: aBoolean, change: "update", fallback: true },
  mustRun: { shape: aBoolean, change: "update", fallback: true },
  stopSignal: { shape: aString, change: "replace", computed: true },
  stopTimeout: { shape: aNumber, change: "replace", computed: true },
  destroyGraceSeconds: { shape: aNumber, change: "update" },
  removeVolumes: { shape: aBoolean, change: "update", fallback: true },
};
