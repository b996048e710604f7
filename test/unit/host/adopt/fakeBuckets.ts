import { createHash, randomUUID } from "node:crypto";
import type { FakeAnswer, FakeContainer, FakeEngine } from "../fakeEngine";
import { valueIn } from "../../../../host/install/services/environment";
import { parseConfig } from "../files/fakeStores";

/** S3 servers on a fake engine, by the name of their containers, as curl in a container reaches them. */
export class FakeBuckets {
  /** Certificates that who reaches a server over https has to trust, by the server. */
  readonly certificates = new Map<string, string>();
  /** Servers that encrypt what they store, so that the ETags they list are random. */
  readonly encrypting = new Set<string>();
  /** Objects that were written, as `server/key`. */
  readonly written: string[] = [];
  /** Other buckets of servers, and those whose buckets keep former versions. */
  readonly others = new Map<string, readonly string[]>();
  readonly versioned = new Set<string>();
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
    const isListing = command[3] === "curl";
    if (!isListing && !command.join(" ").includes("/tmp/objects")) return undefined;
    const folder = this.folders.get(container.id) ?? new Map<string, string>();
    this.folders.set(container.id, folder);
    const named = input.split("\nnext\n").map((part) => /^connect-to = "::(.+):"$/m.exec(part)?.[1]);
    const requests = parseConfig(input).map((request, index) => {
      const { protocol, hostname, pathname } = new URL(request.url);
      return { ...request, protocol, pathname, server: named[index] ?? hostname };
    });
    const isUp = (server: string) => engine.find(server)?.state === "running";
    const trusted = command[2].includes("CURL_CA_BUNDLE=") ? trustOf(container) : undefined;
    const isTrusted = ({ protocol, server }: (typeof requests)[number]) =>
      protocol === "http:" || this.certificates.get(server) === trusted;
    if (isListing) {
      const { server } = requests[0];
      if (!isUp(server)) return { exitCode: 7, errors: `curl: (7) Failed to connect to ${server}` };
      if (!isTrusted(requests[0])) return { exitCode: 60, errors: "curl: (60) SSL certificate problem" };
      const { pathname, url } = requests[0];
      if (pathname === "/")
        return { output: `${bucketList(["job-uploads", ...(this.others.get(server) ?? [])])}\n200` };
      if (new URL(url).searchParams.has("versioning") && this.versioned.has(server))
        return { output: "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>\n200" };
      const etag = this.encrypting.has(server) ? () => md5(randomUUID()) : md5;
      return { output: `${[...this.of(server)].map(([key, content]) => entry(key, content, etag)).join("")}\n200` };
    }
    const isSummed = command.join(" ").includes("md5sum");
    const lines = requests.flatMap((request, index) => {
      const { server, pathname, send, save } = request;
      if (!isUp(server) || !isTrusted(request)) return [`taken ${index} 0`];
      const key = decodeURIComponent(pathname.split("/").slice(2).join("/"));
      if (send === undefined) folder.set(save ?? "", this.of(server).get(key) ?? "");
      else {
        this.of(server).set(key, folder.get(send) ?? "");
        this.written.push(`${server}/${key}`);
      }
      const then = isSummed ? `${md5(folder.get(save ?? "") ?? "")}  ${save}` : `head ${index}`;
      return [`taken ${index} 200`, ...(send === undefined ? [then] : [])];
    });
    return { output: `${lines.join("\n")}\n` };
  }
}

/** Returns the certificates in the file that a container's environment names. */
function trustOf({ environment, files }: FakeContainer): string | undefined {
  return files.get(valueIn(environment, "NODE_EXTRA_CA_CERTS"));
}

const bucketList = (names: readonly string[]): string =>
  `<Buckets>${names.map((name) => `<Bucket><Name>${name}</Name><CreationDate>2026</CreationDate></Bucket>`).join("")}</Buckets>`;

const md5 = (content: string): string => createHash("md5").update(content).digest("hex");

function entry(key: string, content: string, etag: (content: string) => string): string {
  return `<Contents><Key>${key}</Key><Size>${content.length}</Size><ETag>"${etag(content)}"</ETag></Contents>`;
}
