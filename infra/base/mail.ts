import type { BaseContext } from "./context";
import { endpointsOf } from "./endpoints";
import type { BaseServiceArgs } from "./service";

/**
 * Describes the mail catcher: sign-in codes arrive by mail, so without any transport nobody can sign in. Its page is on
 * loopback only.
 */
export function mail({ settings, timestamps, addresses }: BaseContext, image = settings.mailImage): BaseServiceArgs {
  return {
    install: settings.name,
    timestamps,
    image,
    networks: endpointsOf("mail", addresses),
    environment: {},
    health: "/mailpit readyz",
    memory: 128,
    stopSeconds: 10,
    tmpfs: ["/tmp"],
    ports: [{ internal: 8025, external: settings.MAILPIT_UI_PORT, ip: "127.0.0.1", protocol: "tcp" }],
  };
}

/** URL by which a release reaches the mail catcher. */
export const mailUrl = "smtp://mailpit:1025";
