import { withFlag } from "../../../settings";
import { adoptCommand, upCommand } from "../../../util/commands";
import type { Problem } from "../../../util/operatorError";
import type { ComposeProject } from "./project";

/** Returns a problem for each Scani that compose runs next to a new, empty install. Pure. @param stack base's */
export function composeProblems(
  projects: readonly Pick<ComposeProject, "name" | "folder">[],
  stack: string,
): Problem[] {
  return projects.map(({ name, folder }) => ({
    what: `The compose project ${name} (${folder}) is a Scani, and this would make a second, empty one beside it.`,
    why: "The first command says how its data, sessions and files become this module's; the second makes the empty one.",
    type: [adoptCommand(name, "--plan", "--port", "8090"), withFlag("startEmpty", upCommand(stack))],
  }));
}
