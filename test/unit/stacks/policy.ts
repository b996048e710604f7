/** A container as registered with the engine. */
export interface DeclaredContainer {
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Ports of the data services: published nowhere, not even on loopback. */
const dataPorts = [5432, 6379, 9000];

/** Services that may publish a port, with the port and whether only on loopback. */
const publishers: Readonly<Record<string, { port: number; loopbackOnly: boolean }>> = {
  gateway: { port: 80, loopbackOnly: false },
  mail: { port: 8025, loopbackOnly: true },
};

/** Capabilities that only allow to change owners and to drop privileges; all others affect the host. */
const harmless = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_SETGID", "CAP_SETUID"];

/** Inputs that open the host to a container. */
const openings = [
  "devices",
  "deviceRequests",
  "gpus",
  "groupAdds",
  "hosts",
  "ipcMode",
  "mounts",
  "networkMode",
  "pidMode",
  "sysctls",
  "uploads",
  "usernsMode",
];

/** Lists a container's inputs that violate the policy; empty if there are none. Pure. */
export function violations({ name, inputs }: DeclaredContainer): string[] {
  const {
    privileged,
    securityOpts,
    capabilities,
    readOnly,
    image,
    memory,
    memorySwap,
    logDriver,
    logOpts,
    destroyGraceSeconds,
    ports,
    volumes,
  } = inputs;
  const { drops = [], adds = [] } = (capabilities ?? {}) as { drops?: string[]; adds?: string[] };
  const rotation = (logOpts ?? {}) as Record<string, string>;
  const found: (string | false)[] = [
    privileged === true && "is privileged",
    !list<string>(securityOpts).includes("no-new-privileges:true") && "may gain privileges",
    !drops.includes("ALL") && "keeps the default capabilities",
    ...adds.map((capability) => !harmless.includes(capability) && `is given ${capability}`),
    readOnly !== true && "can write to its root file system",
    !isPinned(image) && `runs an image without a version: ${String(image)}`,
    !(Number(memory) > 0 && Number(memorySwap) > 0) && "has no memory limit",
    !(logDriver === "json-file" && rotation["max-size"] !== undefined && rotation["max-file"] !== undefined) &&
      "does not rotate its log",
    !(Number(destroyGraceSeconds) >= 10) && "is killed without time to stop",
    ...list<{ internal: number; ip?: string }>(ports).map((port) => published(name, port)),
    ...list<{ hostPath?: string; volumeName?: string }>(volumes).map(
      ({ hostPath, volumeName }) =>
        (hostPath !== undefined || volumeName === undefined) && `is given a folder of the host: ${hostPath}`,
    ),
    ...openings.map((opening) => inputs[opening] !== undefined && `declares ${opening}`),
    /docker\.sock|containerd\.sock/.test(JSON.stringify(inputs)) && "is given the engine's socket",
  ];
  return found.filter((violation) => violation !== false);
}

function published(name: string, { internal, ip }: { internal: number; ip?: string }): string | false {
  if (dataPorts.includes(internal)) return `publishes a data port: ${internal}`;
  const allowed = publishers[name];
  if (allowed?.port !== internal) return `publishes a port: ${internal}`;
  return allowed.loopbackOnly && ip !== "127.0.0.1" && `publishes ${internal} beyond loopback`;
}

/** Returns true for an image with a digest, or with a tag that names a version. */
function isPinned(image: unknown): boolean {
  if (/@sha256:[0-9a-f]{64}$/.test(String(image))) return true;
  const tag = /:([\w.-]+)$/.exec(String(image).split("/").at(-1) ?? "")?.[1];
  return tag !== undefined && tag !== "latest" && /\d/.test(tag);
}

function list<T>(value: unknown): T[] {
  return (value ?? []) as T[];
}
