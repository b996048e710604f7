import type * as pulumi from "@pulumi/pulumi";
import type { BaseContext } from "./context";
import { BaseService } from "./service";

/**
 * The mail catcher: sign-in codes arrive by mail, so without any transport nobody can sign in. Its page is on loopback
 * only.
 */
export function mail({ settings, networks, timestamps }: BaseContext, opts: pulumi.ComponentResourceOptions) {
  if (networks.mail === undefined) throw new Error("the mail catcher needs the mail network");
  const service = new BaseService(
    "mail",
    {
      install: settings.name,
      timestamps,
      image: settings.mailImage,
      networks: [{ name: networks.mail.name, aliases: ["mailpit"] }],
      environment: {},
      health: "/mailpit readyz",
      memory: 128,
      stopSeconds: 10,
      tmpfs: ["/tmp"],
      ports: [{ internal: 8025, external: settings.MAILPIT_UI_PORT, ip: "127.0.0.1", protocol: "tcp" }],
    },
    opts,
  );
  return { service, url: "smtp://mailpit:1025" };
}
