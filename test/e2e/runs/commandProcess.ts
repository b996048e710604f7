import type { Throwaway } from "../../../lab/throwaway";

/**
 * One of the operator's commands on a throwaway install, in a process of its own: <command> <stack> <place as JSON>.
 */
const [command, stack, place] = process.argv.slice(2) as ["up" | "preview" | "down", string, string];

const commands = {
  up: async () => (await import("../../../ops/up.js")).up,
  preview: async () => (await import("../../../ops/preview.js")).preview,
  down: async () => (await import("../../../ops/down.js")).down,
};

commands[command]()
  .then((run) =>
    run(
      stack,
      (line) => {
        process.stdout.write(`${line}\n`);
      },
      JSON.parse(place) as Throwaway,
    ),
  )
  .catch((error: Error) => {
    process.stdout.write(`${error.message}\n`);
    process.exitCode = 1;
  });
