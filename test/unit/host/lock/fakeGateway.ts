import type { Owner } from "../../../../host/lock/owner";
import { FakeEngine } from "../fakeEngine";
import { row } from "../gateway/listing";

export const gateway = "scani-gateway";

/** A gateway with its locks' owners, and the number of connections that hold one. */
export class Gateway {
  readonly owners: { run?: Owner; apply?: Owner } = {};
  held = 0;
  /** Number of messages its holders have sent. */
  words = 0;
  /** Names of paused routes. */
  paused: string[] = [];
  readonly engine: FakeEngine;

  constructor() {
    this.engine = new FakeEngine((_container, command) => this.answer(command));
    this.engine.add({ name: gateway, state: "running" });
    const hold = this.engine.hold.bind(this.engine);
    this.engine.hold = async (container, command) => {
      const conversation = await hold(container, command);
      if (conversation?.line.startsWith("held")) {
        this.held += 1;
        void conversation.ended.then(() => {
          this.held -= 1;
        });
        return { ...conversation, write: () => (this.words += 1) };
      }
      return conversation;
    };
  }

  restart(): void {
    const one = this.engine.find(gateway);
    if (one === undefined) return;
    this.engine.ends(one, 0);
    one.state = "running";
  }

  private answer(command: readonly string[]): { output: string } {
    if (command.includes("list"))
      return { output: this.paused.map((name) => row(name, "*", "/", `${name}:80`, "paused", "no")).join("\n") };
    if (command[1] === "resume") {
      this.paused = this.paused.filter((name) => name !== command[2]);
      return { output: "" };
    }
    const [how, file, other] = command.slice(4);
    const ownerOf = (path: string | undefined) => (path?.includes("entrance") ? this.owners.run : this.owners.apply);
    const [mine, others] = [ownerOf(file), ownerOf(other)];
    if (mine !== undefined) return { output: `taken ${JSON.stringify(mine)}\n` };
    if (how === "-s") return { output: "free\n" };
    return { output: `held ${others === undefined ? "free" : `taken ${JSON.stringify(others)}`}\n` };
  }
}
