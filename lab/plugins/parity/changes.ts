import type { Value, Values } from "../protocol/values";

/** A container's state. */
export const state: Values = {
  name: "c",
  image: "a:1",
  command: ["sleep", "1000"],
  entrypoints: [],
  envs: ["A=1", "B=2"],
  labels: [
    { label: "scani.install", value: "i" },
    { label: "b", value: "2" },
  ],
  networksAdvanced: [{ name: "n", aliases: ["q"] }],
  healthcheck: {
    tests: ["CMD-SHELL", "true"],
    interval: "10s",
    timeout: "5s",
    startPeriod: "1s",
    startInterval: "0s",
    retries: 3,
  },
  memory: 64,
  memorySwap: 64,
  capabilities: { adds: ["CAP_CHOWN", "CAP_KILL"], drops: ["ALL"] },
  securityOpts: ["no-new-privileges:true"],
  readOnly: true,
  tmpfs: { "/tmp": "rw" },
  logDriver: "json-file",
  logOpts: { "max-size": "10m", "max-file": "3" },
  volumes: [{ volumeName: "v", containerPath: "/data" }],
  ports: [{ internal: 80, external: 28999, ip: "127.0.0.1", protocol: "tcp" }],
  init: false,
  restart: "unless-stopped",
  start: true,
  mustRun: true,
  stopSignal: "SIGTERM",
  stopTimeout: 3,
  destroyGraceSeconds: 3,
  removeVolumes: false,
};

/** Value the engine sends for one that a preview does not know. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const gone = undefined;
const check = state.healthcheck as Values;

/** Inputs that differ from the state; undefined leaves one out. */
export type Change = Readonly<Record<string, Value | undefined>>;

/**
 * Changes to each property, with the answer of the official plugin (5.2.0) over its own protocol: which properties
 * changed, how, and whether it replaces the container. The parity test asks again.
 */
export const changes: readonly [title: string, change: Change, answer: string][] = [
  ["nothing", {}, ""],
  ["another image", { image: "b:1" }, "image: update, replace"],
  ["an image not known yet", { image: unknown }, "image: update, replace"],
  ["another name", { name: "d" }, "name: update, replace"],
  [
    "another label value",
    {
      labels: [
        { label: "scani.install", value: "i" },
        { label: "b", value: "3" },
      ],
    },
    "labels: update, replace",
  ],
  ["one label more", { labels: [...(state.labels as Value[]), { label: "c", value: "3" }] }, "labels: update, replace"],
  ["labels in another order", { labels: [...(state.labels as Value[])].reverse() }, ""],
  ["no labels", { labels: gone }, ""],
  ["an empty list of labels", { labels: [] }, ""],
  ["labels not known yet", { labels: unknown }, ""],
  [
    "one label value not known yet",
    {
      labels: [
        { label: "scani.install", value: "i" },
        { label: "b", value: unknown },
      ],
    },
    "labels: update, replace",
  ],
  ["another variable", { envs: ["A=1", "B=3"] }, "envs: update, replace"],
  ["variables in another order", { envs: ["B=2", "A=1"] }, ""],
  ["no variables", { envs: gone }, ""],
  ["an empty list of variables", { envs: [] }, "envs: delete, replace"],
  ["variables not known yet", { envs: unknown }, ""],
  ["one variable not known yet", { envs: ["A=1", unknown] }, "envs: update, replace"],
  ["an entrypoint", { entrypoints: ["sh", "-c"] }, "entrypoints: add, replace"],
  ["another command", { command: ["sleep", "2"] }, "command: update, replace"],
  ["no command", { command: gone }, ""],
  ["an empty command", { command: [] }, "command: delete, replace"],
  ["a command not known yet", { command: unknown }, "command: update, replace"],
  ["another health check", { healthcheck: { ...check, tests: ["CMD-SHELL", "false"] } }, "healthcheck: update, keep"],
  [
    "the same interval written another way",
    { healthcheck: { ...check, interval: "10000ms" } },
    "healthcheck: update, keep",
  ],
  ["no health check", { healthcheck: gone }, ""],
  ["more memory", { memory: 128 }, "memory: update, keep"],
  ["no memory limit", { memory: gone }, "memory: delete, keep"],
  ["another swap limit", { memorySwap: 128 }, "memorySwap: update, keep"],
  ["one capability fewer", { capabilities: { adds: ["CAP_CHOWN"], drops: ["ALL"] } }, "capabilities: update, replace"],
  ["capabilities in another order", { capabilities: { adds: ["CAP_KILL", "CAP_CHOWN"], drops: ["ALL"] } }, ""],
  ["no added capabilities", { capabilities: { drops: ["ALL"] } }, "capabilities: update, replace"],
  ["no capabilities", { capabilities: gone }, "capabilities: delete, replace"],
  ["another security option", { securityOpts: ["seccomp=unconfined"] }, "securityOpts: update, replace"],
  ["no security options", { securityOpts: gone }, ""],
  ["security options not known yet", { securityOpts: unknown }, ""],
  ["a writable root", { readOnly: false }, "readOnly: update, replace"],
  ["no word of the root", { readOnly: gone }, "readOnly: update, replace"],
  ["other memory file systems", { tmpfs: { "/tmp": "rw", "/run": "rw" } }, "tmpfs: update, keep"],
  ["no memory file systems", { tmpfs: gone }, "tmpfs: delete, keep"],
  ["another log driver", { logDriver: "local" }, "logDriver: update, replace"],
  ["no log driver", { logDriver: gone }, ""],
  ["another log option", { logOpts: { "max-size": "20m", "max-file": "3" } }, "logOpts: update, replace"],
  ["no log options", { logOpts: gone }, "logOpts: delete, replace"],
  ["another mount", { volumes: [{ volumeName: "v", containerPath: "/other" }] }, "volumes: update, replace"],
  [
    "a volume not known yet",
    { volumes: [{ volumeName: unknown, containerPath: "/data" }] },
    "volumes: update, replace",
  ],
  ["no volumes", { volumes: gone }, "volumes: delete, replace"],
  [
    "another port",
    { ports: [{ internal: 80, external: 28998, ip: "127.0.0.1", protocol: "tcp" }] },
    "ports: update, replace",
  ],
  ["no ports", { ports: gone }, "ports: delete, replace"],
  ["another alias", { networksAdvanced: [{ name: "n", aliases: ["r"] }] }, "networksAdvanced: update, replace"],
  [
    "one network more",
    { networksAdvanced: [{ name: "n", aliases: ["q"] }, { name: "m" }] },
    "networksAdvanced: update, replace",
  ],
  [
    "a network not known yet",
    { networksAdvanced: [{ name: unknown, aliases: ["q"] }] },
    "networksAdvanced: update, replace",
  ],
  ["no networks", { networksAdvanced: gone }, "networksAdvanced: delete, replace"],
  ["an init process", { init: true }, "init: update, keep"],
  ["no word of an init process", { init: gone }, ""],
  ["another restart policy", { restart: "no" }, "restart: update, keep"],
  ["no restart policy", { restart: gone }, "restart: update, keep"],
  ["not to be started", { start: false }, "start: update, keep"],
  ["need not run", { mustRun: false }, "mustRun: update, keep"],
  ["another stop signal", { stopSignal: "SIGINT" }, "stopSignal: update, replace"],
  ["no stop signal", { stopSignal: gone }, ""],
  ["another stop timeout", { stopTimeout: 4 }, "stopTimeout: update, replace"],
  ["no stop timeout", { stopTimeout: gone }, ""],
  ["another grace", { destroyGraceSeconds: 4 }, "destroyGraceSeconds: update, keep"],
  ["no grace", { destroyGraceSeconds: gone }, "destroyGraceSeconds: delete, keep"],
  ["volumes removed with it", { removeVolumes: true }, "removeVolumes: update, keep"],
  ["two changes", { memory: 128, image: "b:1" }, "image: update, replace; memory: update, keep"],
];

/** Returns inputs with a change, as a program would give them. Pure. */
export function changed(inputs: Values, change: Change): Values {
  return JSON.parse(JSON.stringify({ ...inputs, ...change })) as Values;
}
