import { follow, type Builder } from "./recipe";

const PROBE_MS = 5000;

/** Returns true when a pull starts within five seconds. Such a pull is completed, since the image is needed anyway. */
export async function registryAnswers(builder: Builder, tag: string): Promise<boolean> {
  const tooLong = new AbortController();
  const timer = setTimeout(() => tooLong.abort(), PROBE_MS);
  try {
    // The engine answers a pull once the registry has answered the engine.
    const stream = await builder.docker.pull(tag, { abortSignal: tooLong.signal });
    clearTimeout(timer);
    builder.log(`${tag}: pulling`);
    await follow(builder.docker, stream);
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
