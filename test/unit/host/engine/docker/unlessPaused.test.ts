import { setTimeout as pause } from "node:timers/promises";
import { isConflict } from "../../../../../host/engine/engine";
import { unlessPaused } from "../../../../../host/engine/docker/unlessPaused";

const limits = { interval: 10, limit: 50 };
const never = new Promise<never>(() => undefined);

test("work in a container that stays paused is refused, as the engine refuses to begin any", async () => {
  const thrown: unknown = await unlessPaused("api", never, async () => true, limits).catch((error: unknown) => error);
  expect(isConflict(thrown)).toBe(true);
  expect(String(thrown)).toContain("container api has been paused");
});

test("a pause that ends in time costs a wait, and so does an engine that does not answer", async () => {
  let looks = 0;
  const work = pause(200, "done");
  expect(await unlessPaused("api", work, async () => ++looks % 3 !== 0, limits)).toBe("done");
  const silent = async (): Promise<boolean> => {
    throw new Error("no answer");
  };
  expect(await unlessPaused("api", pause(120, "done"), silent, limits)).toBe("done");
});

test("what the work says is passed on", async () => {
  await expect(unlessPaused("api", Promise.reject(new Error("its own")), async () => false, limits)).rejects.toThrow(
    "its own",
  );
});
