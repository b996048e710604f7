import { baseContainerTimestamp } from "../../../../host/install/drift/creationTimestamps";
import { describeService, type BaseServiceArgs } from "../../../../infra/base/service";

const args: BaseServiceArgs = {
  install: "scani",
  timestamps: { "/redis": "then" },
  image: "redis:7-alpine",
  networks: [],
  environment: {},
  memory: 256,
  stopSeconds: 30,
};
const declared = { memory: 256 * 2 ** 20, restartPolicy: "unless-stopped" };

test.each([
  ["as it is declared", declared],
  ["on an engine that limits no memory", { ...declared, memory: 0 }],
  ["not there", undefined],
])("a container that is %s keeps its timestamp", (_how, actual) =>
  expect(describeService("redis", args, actual)).toMatchObject({
    drifted: false,
    labels: baseContainerTimestamp(args.timestamps, "redis"),
  }),
);

test.each([
  ["memory limit", { ...declared, memory: 512 * 2 ** 20 }],
  ["restart policy", { ...declared, restartPolicy: "no" }],
])(
  "one that was given another %s by `docker update` gets a new one, so that it is made anew while requests wait",
  (_how, actual) => {
    const { drifted, labels } = describeService("redis", args, actual);
    expect(drifted).toBe(true);
    expect(labels).not.toMatchObject(baseContainerTimestamp(args.timestamps, "redis"));
  },
);
