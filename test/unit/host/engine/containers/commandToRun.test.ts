import { commandToRun } from "../../../../../host/engine/containers/commandToRun";
import { containerStates } from "../../handover/model";

test("every state has a command that Docker takes for it", () => {
  expect(Object.fromEntries(containerStates.map((state) => [state, commandToRun("scani-postgres", state)]))).toEqual({
    created: "docker start scani-postgres",
    exited: "docker start scani-postgres",
    paused: "docker unpause scani-postgres",
    running: "docker logs --tail 50 scani-postgres",
    restarting: "docker logs --tail 50 scani-postgres",
    dead: "docker logs --tail 50 scani-postgres",
    removing: "docker logs --tail 50 scani-postgres",
  });
});
