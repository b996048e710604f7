import { startStoppedGateway } from "../../../../host/adopt/phases/port";
import { EngineError } from "../../../../host/engine/engine";
import { FakeAdoption } from "./fakeAdoption";

afterEach(() => jest.restoreAllMocks());

/** Starts the gateway where the engine refuses that. @returns what the operator is told */
async function refused(statusCode: number, words: string): Promise<string> {
  const adoption = new FakeAdoption("taken over");
  adoption.container("scani-gateway").state = "exited";
  const run = await adoption.run();
  jest.spyOn(run.engine, "start").mockRejectedValue(new EngineError(statusCode, words));
  return startStoppedGateway(run).then(
    () => "",
    (error: Error) => error.message,
  );
}

test("a port that is taken is said with how to find out who has it", async () => {
  expect(
    await refused(
      500,
      "driver failed programming external connectivity on endpoint g (1f): Bind for 0.0.0.0:8090 failed: port is already allocated",
    ),
  ).toMatch(/^scani-gateway does not start: port 8090 [^]*type: docker ps --filter publish=8090\n {2}type: ss -ltnp/);
});

test("whatever else keeps the gateway from starting is said as the engine says it, and no port is suspected", async () => {
  expect(await refused(404, "(HTTP code 404) no such container - network 1f not found ")).toBe(
    "scani-gateway does not start: network 1f not found.",
  );
});
