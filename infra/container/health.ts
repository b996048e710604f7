/**
 * Returns a health check as Docker reads it back, so that no run differs from the last. A start period of zero would
 * not be sent, and the image's own be taken instead. Every check is an exec in the container: with one every ten
 * seconds, the eight of an install kept 0.07 of a core busy that did nothing else. So the steady interval is that of
 * Scani's own images; code that waits for a service runs the same command at its own, shorter interval.
 */
export function healthCheck(command: string): {
  tests: string[];
  interval: string;
  timeout: string;
  startPeriod: string;
  startInterval: string;
  retries: number;
} {
  return {
    tests: ["CMD-SHELL", command],
    interval: "30s",
    timeout: "5s",
    startPeriod: "1s",
    startInterval: "0s",
    retries: 3,
  };
}
