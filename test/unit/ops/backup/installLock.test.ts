import { stacksBeside } from "../../../../host/install/names/stacks";
import { refuseUnlocked } from "../../../../ops/backup/installLock";
import { FakeEngine } from "../../host/fakeEngine";

const [gateway, stacks] = ["scani-gateway", stacksBeside("prod-base")];

test.each([
  ["exited", "scani-gateway, which keeps a restore and other runs apart, is exited", "docker start scani-gateway"],
  ["paused", "is paused", "docker unpause scani-gateway"],
] as const)("while the gateway is %s nothing would keep two runs apart", async (state, said, command) => {
  const engine = new FakeEngine();
  engine.add({ name: gateway, state });
  const refused = refuseUnlocked({ engine, gateway, stacks }, "restore");
  await expect(refused).rejects.toThrow(said);
  await expect(refused).rejects.toThrow(`Nothing has been touched.\n  type: ${command}`);
});

test("one that is gone is made by the install's own base", async () => {
  await expect(refuseUnlocked({ engine: new FakeEngine(), gateway, stacks }, "backup")).rejects.toThrow(
    /^scani-gateway, .*, is not on the engine\. .*\n {2}type: npm run up -- prod-base$/,
  );
});

test("one that runs keeps the lock", async () => {
  const engine = new FakeEngine();
  engine.add({ name: gateway, state: "running" });
  await expect(refuseUnlocked({ engine, gateway, stacks }, "backup")).resolves.toBeUndefined();
});
