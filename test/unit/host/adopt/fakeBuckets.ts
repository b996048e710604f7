import { createHash } from "node:crypto";
import type { FakeAnswer, FakeContainer, FakeEngine } from "../fakeEngine";
import { parseConfig } from "../files/fakeStores";

/** S3 servers on a fake engine, by the name of their containers, as curl in a container reaches them. */
export class FakeBuckets {
  private readonly contents = new Map<string, Map<string, string>>();
  /** Files in the containers' folders, by container id: contents by number. */
  private readonly folders = new Map<string, Map<string, string>>();

  /** Returns the objects of a server: contents by key. */
  of(server: string): Map<string, string> {
    const found = this.contents.get(server) ?? new Map<string, string>();
    this.contents.set(server, found);
    return found;
  }

  /** Answers curl; undefined for any other command. */
  answer(engine: FakeEngine, container: FakeContainer, command: readonly string[], input = ""): FakeAnswer | undefined {
    const isListing = command[0] === "curl";
    if (!isListing && !command.join(" ").includes("/tmp/objects")) return undefined;
    const folder = this.folders.get(container.id) ?? new Map<string, string>();
    this.folders.set(container.id, folder);
    const requests = parseConfig(input).map((request) => ({ ...request, at: new URL(request.url) }));
    const isUp = (server: string) => engine.find(server)?.state === "running";
    if (isListing) {
      const { hostname } = requests[0].at;
      if (!isUp(hostname)) return { exitCode: 7, errors: `curl: (7) Failed to connect to ${hostname}` };
      return { output: `${[...this.of(hostname)].map(entry).join("")}\n200` };
    }
    const lines = requests.flatMap(({ at: { hostname, pathname }, send, save }, index) => {
      if (!isUp(hostname)) return [`taken ${index} 0`];
      const key = decodeURIComponent(pathname.split("/").slice(2).join("/"));
      if (send === undefined) folder.set(save ?? "", this.of(hostname).get(key) ?? "");
      else this.of(hostname).set(key, folder.get(send) ?? "");
      return [`taken ${index} 200`, ...(send === undefined ? [`head ${index}`] : [])];
    });
    return { output: `${lines.join("\n")}\n` };
  }
}

function entry([key, content]: [string, string]): string {
  const etag = createHash("md5").update(content).digest("hex");
  return `<Contents><Key>${key}</Key><Size>${content.length}</Size><ETag>"${etag}"</ETag></Contents>`;
}
