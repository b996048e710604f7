import fc from "fast-check";
import { hostname } from "node:os";
import { renderProblem } from "../../../../util/operatorError";
import { LockTaken, parseOwner, refusal, sameRun, thisProcess, type Owner } from "../../../../host/lock/owner";

const owner: Owner = {
  user: "ada",
  host: "scani.internal",
  pid: 4711,
  work: "up of tier2",
  since: "2026-11-23T22:00:00.000Z",
};
const then = Date.parse(owner.since);

const refusedWith = (...refused: Parameters<typeof refusal>) => renderProblem(refusal(...refused));

test("a refusal names who, what, since when, and what to do", () => {
  const text = refusedWith(owner, "work", "scani.internal", then + 12_000);
  expect(text).toBe(
    [
      "This install is being worked on: up of tier2, by ada@scani.internal (process 4711), since 2026-11-23T22:00:00.000Z (12 s ago). Nothing has been touched.",
      "  Wait until it is over and type this again. If it hangs, end it with kill 4711: nothing has to be unlocked after that.",
    ].join("\n"),
  );
});

test("a process of another host is to be ended there", () => {
  expect(refusedWith(owner, "work", "laptop", then)).toMatch(
    /kill 4711 on scani\.internal: .* Where scani\.internal or its connection is gone, the lock frees itself within 2 minutes\.$/,
  );
});

test("a lock that outlives its process is cleared by a command, where that process cannot be seen", () => {
  const clear = "npm run pulumi -- cancel --stack tier2";
  const elsewhere = refusal(owner, "work", "laptop", then, clear);
  expect(elsewhere.type).toBe(clear);
  expect(elsewhere.why).toMatch(/kill 4711 on scani\.internal\. Whether it still runs cannot be told from here/);
  expect(elsewhere.why).not.toMatch(/frees itself|nothing has to be unlocked/);
  expect(refusal(owner, "work", "scani.internal", then, clear).type).toBe(clear);
});

test("an age that means nothing is not said", () => {
  expect(refusedWith(owner, "work", "laptop", then - 60_000)).not.toContain("ago");
  expect(refusedWith({ ...owner, since: "?" }, "work", "laptop", then)).not.toContain("ago");
  expect(refusedWith(owner, "work", "laptop", then + 600_000)).toContain("(10 min ago)");
});

test("an owner that has not said who it is, a preview and a killed run have words of their own", () => {
  expect(refusedWith(undefined, "work", "laptop", then)).toContain("a run whose owner is unknown");
  expect(refusedWith(owner, "preview", "laptop", then)).toContain(
    "What a preview says now is not what up would do afterwards.",
  );
  expect(refusedWith(owner, "leftover", "laptop", then)).toContain(
    "Changes of a run that has no lock are under way, as a killed one rolls back: up of tier2",
  );
});

test("an owner comes back from its JSON as it went, and nothing else does", () => {
  const owners = fc.record({
    user: fc.string(),
    host: fc.string(),
    pid: fc.nat(),
    work: fc.string(),
    since: fc.string(),
    engine: fc.option(fc.string(), { nil: undefined }),
  });
  fc.assert(
    fc.property(owners, (one) => {
      expect(parseOwner(JSON.stringify(one))).toEqual(one);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(parseOwner(text)).toBeUndefined();
    }),
  );
  expect(parseOwner(JSON.stringify({ ...owner, pid: "4711" }))).toBeUndefined();
  expect(parseOwner(JSON.stringify(owner).slice(0, -3))).toBeUndefined();
  expect(parseOwner("null")).toBeUndefined();
});

test("the processes of one run have the engine in common, on one host", () => {
  const program = { ...owner, engine: "127.0.0.1:4000" };
  expect(sameRun(program, { ...program, pid: 1, work: "destroy of tier2" })).toBe(true);
  expect(sameRun(program, { ...program, engine: "127.0.0.1:4001" })).toBe(false);
  expect(sameRun(program, { ...program, host: "laptop" })).toBe(false);
  expect(sameRun(owner, { ...owner })).toBe(false);
});

test("this process as an owner, and what it makes of an error", () => {
  const self = thisProcess("restore");
  expect(self).toMatchObject({ pid: process.pid, host: hostname(), work: "restore" });
  expect(new LockTaken(self).message).toContain(`restore, by ${self.user}@${hostname()} (process ${process.pid})`);
});
