import { readPlatform, type BaseOutputs } from "../../../host/install/platform";
import { engineOver } from "../../../host/engine/docker/dockerEngine";
import { readJournal, type Entry } from "../../../host/install/journal";
import {
  changeSetting,
  chooseBucket,
  cleanUp,
  layOut,
  policyFor,
  removeInstall,
  startBucket,
  startHostedOnStores,
  type HostedBucket,
  type Throwaway,
  contextOn,
} from "../../throwaway";
import { RealScani } from "../../rehearse/real";
import type { RehearsedScani } from "../../rehearse/scani";
import { StandInScani } from "../../rehearse/standIn";
import { up } from "../../../ops/up";
import { stackOutputs } from "../../../ops/pulumi/stackOutputs";
import type { BenchContext } from "../context";
import { issueHosted, type Hosted } from "../hosted";

/** Number of lines of a failed command's output that are shown. */
const shownLines = 30;

/** A throwaway install of this module, driven as an operator does. */
export class ModuleInstall {
  private outputs: BaseOutputs | undefined;

  private constructor(
    private readonly context: BenchContext,
    private readonly place: Throwaway,
    private readonly hosted: Hosted,
    private readonly chosen: HostedBucket,
  ) {}

  /** Writes the install's folder; starts nothing. */
  static async layOut(context: BenchContext): Promise<ModuleInstall> {
    const hosted = issueHosted();
    const bucket = await chooseBucket(context.docker);
    const tier2 = {
      SCANI_CLOUD_URL: hosted.url,
      SCANI_CLOUD_API_KEY: hosted.key,
      CSP_CONNECT_SRC: policyFor(bucket),
      carryFiles: "yes",
    };
    return new ModuleInstall(context, await layOut("bench", context.subject.images, { tier2 }), hosted, bucket);
  }

  get url(): string {
    return this.place.url;
  }

  /** Returns Scani on this install, as its users use it. */
  scani(): RehearsedScani {
    const { docker, subject } = this.context;
    return subject.kind === "real" ? RealScani.on(docker, this.place) : new StandInScani(this.place);
  }

  /** Brings base up, and starts the hosted endpoint next to it. */
  async upBase(): Promise<void> {
    const {
      docker,
      interrupt,
      subject: { images },
    } = this.context;
    await this.up("base");
    const outputs = await interrupt.guard(stackOutputs(contextOn(this.place), "base"));
    this.outputs = outputs?.sockets as BaseOutputs;
    const stores = readPlatform(outputs?.platform);
    const { install, url: page } = this.place;
    const bucket = await interrupt.guard(startBucket(docker, { install, image: images.storage, page }, this.chosen));
    await interrupt.guard(
      startHostedOnStores(
        docker,
        {
          install,
          image: `${images.scaniRepository}/data-provider:${images.scaniTag}`,
          ...this.hosted,
          bucket,
          mail: true,
        },
        stores,
      ),
    );
  }

  /**
   * Does what `npm run up -- <stack>` does.
   * @param onOutput receives its output as it is printed
   * @throws Error with the end of what it printed
   */
  async up(stack: string, onOutput: (text: string) => void = () => undefined): Promise<void> {
    const printed: string[] = [];
    const context = contextOn(this.place, (text) => {
      printed.push(text);
      onOutput(text);
    });
    const running = up(context, stack);
    try {
      await this.context.interrupt.guard(running);
    } catch (error) {
      this.context.interrupt.signal.throwIfAborted();
      // Pulumi's error repeats all of its output, so use its message only if nothing was printed.
      const said =
        printed.length > 0 ? printed.join("\n").trimEnd().split("\n").slice(-shownLines) : [(error as Error).message];
      throw new Error([`up ${stack} failed:`, ...said].join("\n"));
    }
  }

  /** Changes one setting of a tier's stack. */
  set(stack: string, name: string, value: string): void {
    changeSetting(this.place, stack, name, value);
  }

  /** Returns the journal's entry of the last handover. @throws Error when there is none */
  async lastHandover(): Promise<Entry> {
    const entry = (await readJournal(engineOver(this.context.docker), this.base.gateway)).at(-1);
    if (entry === undefined) throw new Error("no handover is on record");
    return entry;
  }

  /** Docker name of the install's Postgres. */
  get postgres(): string {
    const found = this.base.services.find(({ service }) => service === "postgres");
    if (found === undefined) throw new Error("the install has no Postgres of its own");
    return found.container;
  }

  private get base(): BaseOutputs {
    if (this.outputs === undefined) throw new Error("base is not up yet");
    return this.outputs;
  }

  /** Removes the whole install. */
  async remove(): Promise<void> {
    const { docker, interrupt } = this.context;
    // A command that an interrupt left running cannot be cancelled, but ends sooner once its containers are gone. It
    // may still create new ones, so a second removal below takes whatever is left.
    if (interrupt.signal.aborted) await removeInstall(docker, this.place.install);
    await interrupt.idle();
    await cleanUp(docker, this.place);
  }
}
