import { connect } from "../host/engine/connect";
import { isMoved, moveData } from "../host/adopt/postgres/moveData";
import type { DataMoveInputs } from "../host/install/resources";
import { Progress } from "../util/progress/progress";
import type { Handler } from "./handler";

/** What Pulumi calls for the DataMove. */
export const dataMove: Handler<DataMoveInputs> = {
  id: ({ install }) => install,

  // Any Postgres' image has a shell.
  incidental: ["image"],

  async differs({ dockerHost, ...home }) {
    return !(await isMoved(connect(dockerHost), home));
  },

  async apply({ dockerHost, ...home }, { say }) {
    await moveData(connect(dockerHost), home, new Progress(say));
  },

  /** The data stays where it is. */
  remove: () => Promise.resolve(),
};
