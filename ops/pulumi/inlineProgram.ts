import { getStackResource } from "@pulumi/pulumi/runtime";

export type Program = () => Promise<Record<string, unknown>>;

/**
 * Wraps a program for the Automation API. When it throws, the API reports the error to the engine, which prints it. The
 * stack's outputs, made from the same promise, are then rejections nobody handles, and the API would print the error a
 * second time for those.
 * @param threw called with the error itself, of which the command that runs the program sees only the text
 */
export function inlineProgram(program: Program, threw: (error: unknown) => void): Program {
  return async () => {
    try {
      return await program();
    } catch (error) {
      threw(error);
      for (const part of Object.values(getStackResource()?.outputs ?? {}))
        if (part instanceof Promise) part.catch(() => undefined);
      throw error;
    }
  };
}
