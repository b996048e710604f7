import { kindOf } from "../../host/install/names/stacks";
import { catalogue, isSet, lookUp, operatorSources, withFlag } from "../../settings";
import { StackFile } from "../../stacks/stackFile";
import { settingsFile } from "../../stacks/stackNames";
import { adoptCommand } from "../../util/commands";
import { OperatorError } from "../../util/operatorError";
import type { Context } from "../context";
import type { Project } from "../project";
import { stackOutputs } from "./stackOutputs";

/** True where a stack's settings file sets nothing, not even the tier, which is written when the stack is created. */
export function setsNothing(folder: string, stack: string): boolean {
  return new StackFile(folder, stack).ownNames("scani:").length === 0;
}

/**
 * True where the environment or `.env` gives a stack settings, as where its file is not kept. The engine's address is
 * none of them: other programs go by that variable too.
 */
function isSetElsewhere({ folder, environment }: Project, stack: string): boolean {
  const sources = { config: () => undefined, ...operatorSources(folder, false, environment) };
  return catalogue
    .filter(
      ({ name, stacks }) => !["tier", "dockerHost"].includes(name) && stacks.some((kind) => kind === kindOf(stack)),
    )
    .some((setting) => {
      const given = lookUp(setting, sources);
      return given !== undefined && given.value !== setting.fallback;
    });
}

/**
 * Refuses to apply the settings of a stack that has been up, where its file sets nothing and nothing else does: it would
 * go on with every setting at its default.
 * @param typed the command that applies them; without it nothing is refused
 * @returns `missing` without such a stack, `lost` where its settings are
 * @throws OperatorError with what leads back
 */
export async function refuseLost(
  context: Context,
  stack: string,
  typed: string | undefined,
): Promise<"missing" | "lost" | "there"> {
  const { project } = context;
  const { folder, environment } = project;
  const outputs = await stackOutputs(context, stack);
  const hasBeenUp = outputs !== undefined && Object.keys(outputs).length > 0;
  const isLost = hasBeenUp && setsNothing(folder, stack) && !isSetElsewhere(project, stack);
  if (typed !== undefined && isLost && !isSet("trustSettings", environment))
    throw new OperatorError({
      what: `The settings of stack ${stack} are lost: ${settingsFile(folder, stack)} sets nothing, and the stack has been up.`,
      why: "Put the file back from version control or from your copy. Without one, the first command reads what can be read off the containers; the last goes on with every setting at its default.",
      type: [adoptCommand("--recover"), withFlag("trustSettings", typed)],
    });
  return outputs === undefined ? "missing" : isLost ? "lost" : "there";
}
