import { down } from "../../ops/down";
import { preview } from "../../ops/preview";
import type { Throwaway } from "../../ops/throwaway";
import { up } from "../../ops/up";

/** One of the operator's commands on a throwaway install, in a process of its own: <command> <stack> <place as JSON>. */
const [command, stack, place] = process.argv.slice(2) as ["up" | "preview" | "down", string, string];

const commands = { up, preview, down };

commands[command](stack, (line) => { process.stdout.write(`${line}\n`); }, JSON.parse(place) as Throwaway).catch((error: Error) => {
  process.stdout.write(`${error.message}\n`);
  process.exitCode = 1;
});
