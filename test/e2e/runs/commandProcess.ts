import { contextOn, type Throwaway } from "../../../lab/throwaway";

/** Program that runs one of the operator's commands on a throwaway install: <command> <stack> <place as JSON>. */
const [command, stack, place] = process.argv.slice(2) as ["up" | "preview" | "down", string, string];

const commands = {
  up: async () => (await import("../../../ops/up.js")).up,
  preview: async () => (await import("../../../ops/preview.js")).preview,
  down: async () => (await import("../../../ops/down.js")).down,
};

const context = contextOn(JSON.parse(place) as Throwaway, (line) => {
  process.stdout.write(`${line}\n`);
});

commands[command]()
  .then((run) => run(context, stack))
  .catch((error: Error) => {
    process.stdout.write(`${error.message}\n`);
    process.exitCode = 1;
  });
