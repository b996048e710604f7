import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { Agent, type ClientRequestArgs } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { inspect } from "node:util";
import { OperatorError } from "../../../util/operatorError";
import { parseSshHost, sshWords, type SshHost } from "./sshHost";
import { sshProblem } from "./sshProblem";

/** Connections that may be starting at once: sshd drops further ones from ten on (`MaxStartups`). */
const startsAtOnce = 6;

/** Characters of standard error that are kept. */
const errorLength = 8192;

const agents = new WeakMap<NodeJS.ProcessEnv, Map<string, SshAgent>>();

/** Returns the agent for an engine over ssh. It keeps and shares connections: each costs a handshake. */
export function sshAgent(text: string, environment: NodeJS.ProcessEnv): Agent {
  const known = agents.get(environment) ?? new Map<string, SshAgent>();
  const agent = known.get(text) ?? new SshAgent(parseSshHost(text), environment);
  agents.set(environment, known.set(text, agent));
  return agent;
}

class SshAgent extends Agent {
  private starting = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly host: SshHost,
    private readonly environment: NodeJS.ProcessEnv,
  ) {
    super({ keepAlive: true });
  }

  /** Prints no more than a name: docker-modem prints each request with its agent, seconds each with all connections. */
  [inspect.custom](): string {
    return "SshAgent";
  }

  override createConnection(
    _options: ClientRequestArgs,
    created: (error: Error | null, connection: Duplex) => void,
  ): undefined {
    const start = (): void => {
      this.starting += 1;
      const connection = new SshConnection(this.host, this.environment, () => {
        this.starting -= 1;
        this.waiting.shift()?.();
      });
      created(null, connection);
    };
    if (this.starting < startsAtOnce) start();
    else this.waiting.push(start);
  }
}

/** One ssh process as the engine's socket. Its further members are those that http needs of a socket. */
class SshConnection extends Duplex {
  /** Read by Node's http agent. */
  readonly timeout = 0;
  private readonly ssh: ChildProcessWithoutNullStreams;

  /** @param started called once, when the engine has answered or the connection is over */
  constructor(host: SshHost, environment: NodeJS.ProcessEnv, started: () => void) {
    super({ allowHalfOpen: false });
    this.ssh = spawn("ssh", sshWords(host), { env: environment, stdio: "pipe", windowsHide: true });
    const { stdin, stdout, stderr } = this.ssh;
    let pending = true;
    const settle = (): void => {
      if (pending) started();
      pending = false;
    };
    let errors = "";
    const fail = (exit: number | string | null): void => {
      this.destroy(new OperatorError(sshProblem(host, { exit, errors })));
    };
    stderr.setEncoding("utf8").on("data", (text: string) => {
      errors = (errors + text).slice(-errorLength);
    });
    stdout.on("data", (chunk: Buffer) => {
      settle();
      if (!this.push(chunk)) stdout.pause();
    });
    // Ignore a broken pipe: the way ssh ends tells the reason.
    stdin.on("error", () => undefined);
    this.ssh.once("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    this.ssh.once("close", (code) => {
      if (code === 0) this.push(null);
      else fail(code);
    });
    this.once("close", settle);
  }

  override _read(): void {
    this.ssh.stdout.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: () => void): void {
    this.ssh.stdin.write(chunk, encoding, () => done());
  }

  override _final(done: () => void): void {
    this.ssh.stdin.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.ssh.kill();
    done(error);
  }

  /** Lets ssh and the pipes to it keep this process alive; `unref` undoes that. */
  ref(): this {
    for (const one of this.handles) one.ref();
    return this;
  }

  unref(): this {
    for (const one of this.handles) one.unref();
    return this;
  }

  // The next three do nothing: ssh itself detects a lost connection (`ServerAliveInterval`).
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  private get handles(): { ref(): void; unref(): void }[] {
    const { stdin, stdout, stderr } = this.ssh;
    return [this.ssh, ...([stdin, stdout, stderr] as unknown as Socket[])];
  }
}
