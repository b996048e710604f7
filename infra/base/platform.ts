import * as pulumi from "@pulumi/pulumi";
import type { Platform } from "../../host/install/platform";
import { pushContactOf } from "../../host/install/services/releaseVariables";
import { originOf } from "../../host/install/storage/connectSrc";
import { isGenerated, plainText, platformVariables, type PlatformVariable, type Settings } from "../../settings";
import type { Secrets } from "./secrets";

/** Values of variables that nobody gave, as base derives them. */
export type Derived = Readonly<Partial<Record<PlatformVariable, pulumi.Input<string>>>>;

/**
 * Returns the gateway's address on this machine as a browser writes it: Scani compares it with a browser's origin as
 * text. Pure.
 */
export function localAddress(port: number): string {
  return originOf(`http://localhost:${port}`);
}

/** Derives the values that follow from where people reach Scani. Pure. */
export function derivedAddresses({
  FRONTEND_URL,
  FRONTEND_PORT,
  SMTP_FROM,
}: Pick<Settings<"base">, "FRONTEND_URL" | "FRONTEND_PORT" | "SMTP_FROM">) {
  const page = FRONTEND_URL ?? localAddress(FRONTEND_PORT);
  return {
    FRONTEND_URL: page,
    BACKEND_URL: page,
    // Browsers reach the bundled S3 server through the gateway, under the page's own address.
    S3_PUBLIC_ENDPOINT: originOf(page),
    VAPID_SUBJECT: pushContactOf(page, SMTP_FROM),
  } satisfies Derived;
}

/** Collects what base hands to every release, as one secret. A given value wins over a derived one. */
export function platformOf(settings: Settings<"base">, secrets: Secrets, derived: Derived): pulumi.Output<Platform> {
  const values = platformVariables.map((name) => [
    name,
    isGenerated(name) ? secrets.get(name) : (plainText(settings[name]) ?? derived[name]),
  ]);
  return pulumi.secret(pulumi.output(Object.fromEntries(values) as { [N in keyof Platform]: pulumi.Input<string> }));
}
