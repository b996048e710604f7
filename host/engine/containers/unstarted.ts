import { unlessMissing, type ContainerOrder, type Engine } from "../engine";
import { OperatorError } from "../../../util/operatorError";
import { discard } from "./helper";

/** Order for a container that is never started. */
export type UnstartedOrder = Pick<ContainerOrder, "image" | "labels" | "volumes">;

/**
 * Creates a container, works with it without starting it, and removes it: the engine can read and write files of its
 * image and its volumes all the same. The volumes stay.
 * @throws EngineError when its image is not on the engine; OperatorError when somebody else removes it meanwhile
 */
export async function withUnstarted<T>(
  engine: Engine,
  order: UnstartedOrder,
  work: (container: string) => Promise<T>,
): Promise<T> {
  return workIn(engine, await create(engine, order), order, work);
}

/** Does the same as `withUnstarted`; undefined where the image is not on the engine. */
export async function withUnstartedIfThere<T>(
  engine: Engine,
  order: UnstartedOrder,
  work: (container: string) => Promise<T>,
): Promise<T | undefined> {
  const container = await create(engine, order).catch(unlessMissing);
  return container === undefined ? undefined : workIn(engine, container, order, work);
}

function create(engine: Engine, order: UnstartedOrder): Promise<string> {
  return engine.create({ ...order, network: "none" });
}

async function workIn<T>(
  engine: Engine,
  container: string,
  { volumes }: UnstartedOrder,
  work: (container: string) => Promise<T>,
): Promise<T> {
  try {
    const result = await work(container).catch(async (error: unknown) => {
      // A failure to look must not hide how the work failed.
      const isThere = await engine.inspect(container).catch(() => true);
      throw isThere === undefined ? removedMeanwhile({ cause: error }) : error;
    });
    if ((await engine.inspect(container)) === undefined) throw removedMeanwhile();
    return result;
  } finally {
    await discard(engine, container, { volumes: volumes === undefined });
  }
}

/** Files of a container that is gone read as files that are not there, so neither a result nor a refusal counts. */
function removedMeanwhile(options?: ErrorOptions): OperatorError {
  return new OperatorError(
    {
      what: "A container this was read through was removed meanwhile: another command has begun on the install.",
      why: "Type the same again.",
    },
    options,
  );
}
