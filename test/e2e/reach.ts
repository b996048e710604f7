import { label } from "../../host/install/names/labels";
import type { Scene } from "./scene";

/** An address that may or may not be reachable. */
export interface Target {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** Script that tries to connect to each target for two seconds and prints the names of those that accept. */
const script = `
const { connect } = require("node:net");
const tries = JSON.parse(process.argv[1]).map(({ name, host, port }) => new Promise((resolve) => {
  const socket = connect({ host, port, timeout: 2000 });
  const done = (answer) => { socket.destroy(); resolve(answer); };
  socket.once("connect", () => done([name])).once("timeout", () => done([])).once("error", () => done([]));
}));
Promise.all(tries).then((names) => console.log(JSON.stringify(names.flat())));
`;

/** Returns the names of the targets that are reachable from a container's network. */
export async function reachable(scene: Scene, containerId: string, targets: readonly Target[]): Promise<string[]> {
  if (targets.some(({ host }) => host === "")) throw new Error(`an address is not known: ${JSON.stringify(targets)}`);
  const probe = await scene.docker.createContainer({
    Image: `${scene.images.scaniRepository}/api:${scene.images.scaniTag}`,
    Entrypoint: ["node", "-e", script, JSON.stringify(targets)],
    Cmd: [],
    Labels: { [label.install]: scene.place.install },
    HostConfig: { NetworkMode: `container:${containerId}` },
  });
  try {
    await probe.start();
    await probe.wait();
    return JSON.parse(await scene.engine.logSince(probe.id, 0)) as string[];
  } finally {
    await probe.remove({ force: true });
  }
}
