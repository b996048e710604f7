import * as pulumi from "@pulumi/pulumi";
import { comparedSettings } from "../../../../host/guards/base/baseRefusals";
import type { BaseContext } from "../../../../infra/base/context";
import { gateway } from "../../../../infra/base/gateway";
import { mail } from "../../../../infra/base/mail";
import { postgres } from "../../../../infra/base/postgres";
import { redis } from "../../../../infra/base/redis";
import { storage } from "../../../../infra/base/storage";

/** Settings that another guard compares, or that take nothing from under a release, each with the reason. */
const exempt: Readonly<Record<string, string>> = {
  name: "identityRefusals compares it",
  postgresVolume: "identityRefusals compares it with the volume that is remembered",
  postgresFolder: "dataRefusals compares it with the folder the data is in",
  postgresMemory: "requests are held meanwhile",
  protectData: "no part of a container",
  MAILPIT_UI_PORT: "no release uses the page",
  portHolder: "it decides only who starts the gateway",
};

/** Returns the settings and secrets that a service of base is made of. */
function readBy(describeService: (context: BaseContext) => unknown): string[] {
  const read = new Set<string>();
  const settings = new Proxy({}, { get: (_target, name) => (read.add(String(name)), "x") });
  const secrets = { get: (name: string) => (read.add(name), pulumi.output("x")) };
  describeService({ settings, secrets, timestamps: {}, addresses: {} } as unknown as BaseContext);
  return [...read];
}

test.each(Object.entries({ postgres, redis, storage, mail, gateway }))(
  "each setting that %s is made of is compared with the releases in use, or need not be",
  (_service, describeService) => {
    const read = readBy(describeService);
    expect(read).not.toEqual([]);
    const compared: readonly string[] = comparedSettings;
    expect(read.filter((name) => !compared.includes(name) && !(name in exempt))).toEqual([]);
  },
);
