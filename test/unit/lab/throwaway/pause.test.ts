import { pause } from "../../../../lab/throwaway/pause";

const failing = (...messages: string[]) => {
  const left = [...messages];
  let calls = 0;
  const container = {
    pause: async () => {
      calls += 1;
      const message = left.shift();
      if (message !== undefined) throw new Error(message);
    },
  };
  return { container, calls: () => calls };
};

const busy = "Cannot pause container 1: OCI runtime pause failed: unable to freeze: unknown";

test("a container that a busy machine did not freeze in time is paused again", async () => {
  const { container, calls } = failing(busy, busy);
  await pause(container);
  expect(calls()).toBe(3);
});

test("any other error ends it", async () => {
  const { container, calls } = failing("Container 1 is not running");
  await expect(pause(container)).rejects.toThrow("is not running");
  expect(calls()).toBe(1);
});
