import { randomBytes } from "node:crypto";

/** Tier 2's issued URL and key, with the name and port of the endpoint behind them. */
export interface Hosted {
  readonly alias: string;
  readonly port: number;
  readonly url: string;
  readonly key: string;
}

/** Creates a new key for an endpoint that both sides of the bench reach by the same name. */
export function issueHosted(): Hosted {
  const [alias, port] = ["hosted.internal", 8082];
  return { alias, port, url: `http://${alias}:${port}`, key: randomBytes(24).toString("hex") };
}
