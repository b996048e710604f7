import { up } from "../../../ops/up";
import type { Throwaway } from "../../../ops/throwaway";

/** `npm run up -- <stack>` on a throwaway install, in a process of its own that can be killed. */
const [stack, place] = process.argv.slice(2) as [string, string];
up(stack, (line) => void process.stdout.write(`${line}\n`), JSON.parse(place) as Throwaway).then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
