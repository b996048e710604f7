import type Docker from "dockerode";
import { detailsOf, engineOver } from "../../../../../host/engine/docker/dockerEngine";
import type { RestartPolicy } from "../../../../../host/engine/docker/restartPolicy";

const read = (policy: RestartPolicy | undefined): string =>
  detailsOf({
    Name: "/api",
    State: {},
    Config: {},
    HostConfig: { RestartPolicy: policy },
    NetworkSettings: {},
  } as unknown as Docker.ContainerInspectInfo).restartPolicy;

test.each<[RestartPolicy, string]>([
  [{ Name: "on-failure", MaximumRetryCount: 5 }, "on-failure:5"],
  [{ Name: "on-failure", MaximumRetryCount: 0 }, "on-failure"],
  [{ Name: "unless-stopped", MaximumRetryCount: 0 }, "unless-stopped"],
  [{ Name: "no", MaximumRetryCount: 0 }, "no"],
])("%j is read as `%s`, and set again as it was", async (policy, spelled) => {
  expect(read(policy)).toBe(spelled);
  const asked: unknown[] = [];
  const update = (request: unknown) => Promise.resolve(asked.push(request));
  await engineOver({ getContainer: () => ({ update }) } as unknown as Docker).setRestartPolicy("x", spelled);
  expect(asked).toEqual([{ RestartPolicy: policy }]);
});

test("without a name it is none", () => {
  expect(read({ Name: "", MaximumRetryCount: 0 })).toBe("no");
  expect(read(undefined)).toBe("no");
});
