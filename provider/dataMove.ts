import { connect } from "../host/engine/connect";
import { isMoved, moveData } from "../host/adopt/postgres/moveData";
import type { DataMoveInputs } from "../host/install/resources";
import { Progress } from "../util/progress/progress";
import type { Handler } from "./handler";

/** Handler of the resource DataMove. */
export const dataMove: Handler<DataMoveInputs> = {
  id: ({ install }) => install,

  // The move only needs a shell, which every Postgres image has.
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
