import type { Settings, Tier } from "../../settings";
import { frontendEntrypoint } from "./signInServer";
import { releaseImage } from "../../host/install/services/images";
import { dataProviderPort, servicesOf, type Service } from "../../host/install/services/release";

/** Shape of one service of a release: how it is run, apart from its environment. */
export interface ServiceShape {
  readonly image: string;
  /** MiB. */
  readonly memory: number;
  /** Shell command that exits 0 when it is ready; absent for a service without a port. */
  readonly health?: string;
  /** Capabilities it cannot do without. */
  readonly capabilities?: string[];
  /** Paths it writes to; its root file system is read-only otherwise. */
  readonly tmpfs: readonly string[];
  /** A first process that passes signals on: Bun as process 1 ignores SIGTERM until it has booted. */
  readonly init?: boolean;
  /** Command it runs instead of the image's own entrypoint and command. */
  readonly entrypoint?: string[];
  /** Signal that stops it; without one, the image's own. */
  readonly stopSignal?: string;
  /** Seconds from that signal until Docker kills it. */
  readonly stopSeconds: number;
}

/** URL of the api, as the frontend of its release reaches it. */
export const apiUrl = "http://api:3001";

/** Returns the shapes of a tier's services. Pure. */
export function shapesOf(settings: Settings<Tier>): Partial<Record<Service, ServiceShape>> {
  const image = (service: Service) => releaseImage(settings, service);
  // -S keeps the cause (connection refused, 503 and its body) for the code that waits.
  const ready = (address: string) => `curl -sS --max-time 4 --fail-with-body ${address}`;
  const shapes: Record<Service, ServiceShape> = {
    migrate: {
      image: image("migrate"),
      memory: 512,
      tmpfs: ["/tmp"],
      stopSeconds: 10,
    },
    "data-provider": {
      image: image("data-provider"),
      memory: 512,
      init: true,
      tmpfs: ["/tmp"],
      stopSeconds: 20,
      health: ready(`http://127.0.0.1:${dataProviderPort}/health`),
    },
    api: {
      image: image("api"),
      init: true,
      memory: settings.apiMemory,
      tmpfs: ["/tmp"],
      stopSeconds: 30,
      health: ready("http://127.0.0.1:3001/readyz"),
    },
    worker: {
      image: image("worker"),
      init: true,
      memory: settings.workerMemory,
      tmpfs: ["/tmp"],
      // The worker drains for up to 25 s; killed earlier it would leave jobs behind.
      stopSeconds: 35,
      // Starts as root and drops privileges by itself; KILL lets the first process, still root, pass SIGTERM on to it.
      capabilities: ["KILL", "SETGID", "SETUID"],
    },
    "frontend-app": {
      image: image("frontend-app"),
      init: true,
      memory: 128,
      stopSeconds: 20,
      entrypoint: frontendEntrypoint(apiUrl),
      // nginx's image asks for SIGQUIT, which waits for connections the gateway opened ahead and never used. The
      // gateway has drained it by the time it is stopped.
      stopSignal: "SIGTERM",
      tmpfs: ["/etc/nginx/conf.d", "/run", "/tmp", "/var/cache/nginx"],
      capabilities: ["CHOWN", "SETGID", "SETUID"],
      health:
        "wget -q -T 4 -O /dev/null http://127.0.0.1/healthz || curl -fsS --max-time 4 -o /dev/null http://127.0.0.1/healthz",
    },
  };
  return Object.fromEntries(servicesOf(settings.tier).map((service) => [service, shapes[service]]));
}
