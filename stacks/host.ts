import type { Sockets } from "../infra/base/platform";
import { readStamps, type Stamps } from "../infra/container/stamps";
import { connect } from "../infra/engine/connect";
import { explain } from "../infra/handover/explain";
import { lookAhead, type Declared } from "../infra/handover/outlook";
import type { Settings } from "../infra/settings";

/** What a program asks the host while it declares: all of it reading. */
export interface Host {
  /** When each of an install's containers was made. */
  stamps(install: string): Promise<Stamps>;
  /** What `up` would do, in the operator's words. */
  outlook(sockets: Sockets, declared: Declared): Promise<string>;
}

/** The host the settings name. */
export function realHost(settings: Settings): Host {
  const docker = connect(settings.text("dockerHost"));
  return {
    stamps: (install) => readStamps(docker, install),
    outlook: async (sockets, declared) => explain(await lookAhead(docker, sockets, declared)),
  };
}
