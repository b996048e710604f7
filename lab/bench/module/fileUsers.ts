import type { Interrupt } from "../../interrupt";
import type { FilesSeen, Papers } from "../../rehearse/papers";
import type { RehearsedScani } from "../../rehearse/scani";
import type { Session } from "../../rehearse/session";

/** Number of statements users upload at first and in the middle of each switch, each with the job that reads it. */
const uploads = { first: 20, each: 10 };

/** Progress line printed when the gateway is about to flip. */
const flipping = /▸ flip/;

/** Users with files, who upload more in the middle of each switch. */
export class FileUsers {
  private within?: Promise<void>;

  private constructor(
    private readonly papers: Papers,
    private readonly sessions: readonly Session[],
    private readonly interrupt: Interrupt,
  ) {}

  static async seed(scani: RehearsedScani, interrupt: Interrupt): Promise<FileUsers> {
    const sessions = [await scani.seedUser("ada"), await scani.seedUser("bob")];
    await scani.papers.send(sessions, uploads.first);
    return new FileUsers(scani.papers, sessions, interrupt);
  }

  /** Reads a command's output and starts uploading when the gateway is about to flip. */
  heard(text: string): void {
    if (this.within !== undefined || !flipping.test(text)) return;
    this.within = this.papers.send(this.sessions, uploads.each);
    this.within.catch(() => undefined);
  }

  /** Opens every file, once those sent during the switch are stored and read. @throws what an upload threw */
  async count(): Promise<FilesSeen> {
    await this.within;
    this.within = undefined;
    return this.papers.count(this.sessions, this.interrupt.signal);
  }
}
