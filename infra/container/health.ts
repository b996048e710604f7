/**
 * A health check as Docker reads it back, so that no run differs from the last. A start period of zero would not be
 * sent, and the image's own taken instead.
 * Every check costs an exec in the container, so the steady interval is seconds; whoever waits for a service runs
 * the same command at its own, shorter interval.
 */
export function healthCheck(command: string): {
  tests: string[]; interval: string; timeout: string; startPeriod: string; startInterval: string; retries: number;
} {
  return { tests: ["CMD-SHELL", command], interval: "10s", timeout: "5s", startPeriod: "1s", startInterval: "0s", retries: 3 };
}
