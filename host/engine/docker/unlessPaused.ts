import { EngineError } from "../engine";

/** Time a container may stay paused, in milliseconds. */
export interface PauseLimits {
  /** Between two checks. */
  readonly interval: number;
  /** Until work in it counts as refused. */
  readonly limit: number;
}

/** Default limits: a pause that ends soon only delays the work. */
const usualLimits: PauseLimits = { interval: 5_000, limit: 30_000 };

/**
 * Waits for work in a container, but gives up once the container has been paused for too long: its processes are
 * frozen, so the work ends neither by itself nor by its own limit. Docker refuses to begin such work in the same way.
 * @param name the container's, as the operator knows it
 * @throws EngineError a conflict, once it has been paused for so long
 */
export async function unlessPaused<T>(
  name: string,
  work: Promise<T>,
  isPaused: () => Promise<boolean>,
  { interval, limit }: PauseLimits = usualLimits,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let paused = 0;
  const refused = new Promise<never>((_, reject) => {
    const look = async (): Promise<void> => {
      // An engine that does not answer does not count as a paused container.
      paused = (await isPaused().catch(() => false)) ? paused + interval : 0;
      if (paused >= limit) reject(new EngineError(409, `container ${name} has been paused for ${limit / 1000} s`));
    };
    timer = setInterval(() => void look(), interval).unref();
  });
  try {
    return await Promise.race([work, refused]);
  } finally {
    clearInterval(timer);
  }
}
