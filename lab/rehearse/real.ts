import type Docker from "dockerode";
import { randomBytes } from "node:crypto";
import { literal, withServer } from "../../host/backup/server";
import { engineOver } from "../../host/engine/docker/dockerEngine";
import { details } from "../../host/engine/engine";
import { containerName } from "../../host/install/names/containerName";
import { variableIn } from "../../host/install/services/environment";
import { label } from "../../host/install/names/labels";
import { stacksBeside } from "../../host/install/names/stacks";
import { opens, seal } from "../../host/scani/envelope";
import { clientHeader, clients } from "../clients";
import type { LoadRequest } from "../load";
import type { Throwaway } from "../throwaway";
import { Papers } from "./papers";
import { Procedures } from "./statement";
import { sessionUser, signInByCode, signInByLink, type Front } from "./signIn";
import { accepted, json } from "./http";
import type { RehearsedScani } from "./scani";
import type { Jobs, Session } from "./session";

/** Number of jobs that are sent at once. */
const atOnce = 8;

/** A signed-in user, and the account of their holdings. */
interface User extends Session {
  readonly id: string;
  readonly account: string;
  readonly currency: string;
}

/** Containers of an installed Scani that run now, by id or name. */
export interface Running {
  api(): Promise<string>;
  postgres(): Promise<string>;
}

/** Finds the running containers of an install of this module's. */
function runningOn(docker: Docker, install: string): Running {
  return {
    postgres: async () => containerName(install, "postgres"),
    api: async () => {
      const labels = [`${label.install}=${install}`, `${label.service}=api`];
      const [api] = await docker.listContainers({ filters: { label: labels } });
      if (api === undefined) throw new Error("no api runs");
      return api.Id;
    },
  };
}

/**
 * Scani on its own images. Users sign in as on the page, the first by a link, the others with a mailed code; rows are
 * the groups they create; a job creates a holding in their own currency, which needs no market data. Whatever a browser
 * cannot see is read from the database.
 */
export class RealScani implements RehearsedScani {
  private readonly users: User[] = [];
  private sent = 0;
  private asked = 0;
  readonly papers: Papers;

  constructor(
    private readonly docker: Docker,
    private readonly place: Front,
    private readonly running: Running,
  ) {
    this.papers = new Papers(place, async (session) => ({
      procedures: this.procedures(session),
      accountId: (this.users.find(({ cookie }) => cookie === session.cookie) as User).account,
    }));
  }

  procedures({ cookie }: Session): Procedures {
    return new Procedures(this.place, () => {
      this.asked += 1;
      return { cookie, ...clientHeader(this.asked, networks.files) };
    });
  }

  /** Returns Scani on a throwaway install. */
  static on(docker: Docker, place: Throwaway): RealScani {
    return new RealScani(docker, place, runningOn(docker, place.install));
  }

  async seedUser(name: string): Promise<Session> {
    const email = `${name}@example.org`;
    const signIn = this.users.length === 0 ? signInByLink : signInByCode;
    const cookie = await signIn(this.place, email, clientHeader(this.users.length, networks.signIn));

    const [typeId] = await this.query<string>("select to_json(id) from account_types order by display_order limit 1");
    const [institutionType] = await this.query<string>(
      "select to_json(id) from institution_types order by display_order limit 1",
    );
    const made = await this.call<{ accountId: string; institutionId: string }>(
      "batchOperations.ensureAccount",
      { institution: { name: `bank of ${name}`, typeId: institutionType }, account: { name: "savings", typeId } },
      cookie,
    );
    const [user] = await this.query<{ id: string; currency: string }>(
      `select json_build_object('id', id, 'currency', base_currency_id) from users where email = ${literal(email)}`,
    );
    if (user === undefined) throw new Error(`${email} signed in and is no user`);

    // Store it as Scani does: Scani's own procedure would first ask the bank whether the credential is valid.
    const sealed = JSON.stringify({
      encrypted: true,
      data: await seal(JSON.stringify({ password: `bank password of ${name}` }), await this.encryptionKey()),
    });
    await this
      .query(`insert into user_integration_credentials (user_id, institution_id, encrypted_credentials, credentials_type)
      values (${literal(user.id)}, ${literal(made.institutionId)}, ${literal(sealed)}, 'api_key')`);
    this.users.push({ cookie, ...user, account: made.accountId });
    return { cookie };
  }

  async stillKnows({ cookie }: Session): Promise<boolean> {
    const user = this.users.find((one) => one.cookie === cookie) as User;
    const current = await sessionUser(this.place, cookie, clientHeader(this.users.indexOf(user), networks.signIn));
    const [sealed] = await this.query<string>(
      `select encrypted_credentials -> 'data' from user_integration_credentials where user_id = ${literal(user.id)}`,
    );
    return current?.id === user.id && sealed !== undefined && opens(sealed, await this.encryptionKey());
  }

  async addRow(text: string): Promise<void> {
    await this.call("groups.create", { name: text, color: "#336699" }, this.userFor(0).cookie);
  }

  async rows(): Promise<number> {
    return (await this.query<number>("select count(*) from groups"))[0];
  }

  /** Sends all jobs as one user: Scani recalculates a user's history after each job, one recalculation at a time. */
  async sendJobs(count = 120): Promise<void> {
    const { account, currency, cookie } = this.userFor(0);
    const send = async (): Promise<void> => {
      while (this.sent < all) {
        const [client, name] = [this.sent, `${jobName} ${this.sent}`];
        this.sent += 1;
        const job = {
          requestId: name,
          accountId: account,
          newHoldings: [{ tokenId: currency, balance: "1", label: name }],
        };
        await this.call("batchOperations.createHoldingsBatch", job, cookie, client);
      }
    };
    const all = this.sent + count;
    await Promise.all(Array.from({ length: atOnce }, send));
  }

  /**
   * Counts jobs by their holdings: a job done once has one holding and is completed. A job done again creates another
   * holding, or finds the first and fails.
   */
  async jobs(): Promise<Jobs> {
    const [done] = await this.query<{ once: number; twice: number }>(`with made as (
        select label, count(*) as holdings from holdings where label like '${jobName} %' group by label
      )
      select json_build_object(
        'once', count(*) filter (where holdings = 1 and state = 'completed'),
        'twice', count(*) filter (where holdings > 1 or (holdings = 1 and state = 'failed')))
      from made join user_jobs on right(job_id, length(label) + 1) = '_' || label`);
    const { once, twice } = done;
    return { sent: this.sent, once, twice, never: this.sent - once - twice };
  }

  requests(): LoadRequest[] {
    // Names of groups must be unique, also from one load to the next.
    const load = randomBytes(4).toString("hex");
    return Array.from({ length: clients }, (_unused, client): LoadRequest[] => {
      const headers = { ...json, ...clientHeader(client), cookie: this.userFor(client).cookie };
      return [
        { method: "GET", path: "/api/health" },
        {
          method: "POST",
          path: "/api/trpc/groups.create",
          body: JSON.stringify({ name: `load ${load} {{n}}`, color: "#336699" }),
          headers,
        },
        { method: "GET", path: "/healthz" },
      ];
    }).flat();
  }

  private userFor(number: number): User {
    return this.users[number % this.users.length];
  }

  /** Calls a procedure of the api. @param client number of the client that asks */
  private async call<T>(procedure: string, input: object, cookie: string, client = 0): Promise<T> {
    const headers = { cookie, ...clientHeader(client, networks.calls) };
    const response = await this.post(`/trpc/${procedure}`, input, headers);
    return ((await response.json()) as { result: { data: T } }).result.data;
  }

  /** @param path of the api itself, without the gateway's /api */
  private async post(path: string, body: object, headers: Record<string, string>): Promise<Response> {
    return accepted(
      await fetch(`${this.place.url}/api${path}`, {
        method: "POST",
        headers: { ...json, ...headers },
        body: JSON.stringify(body),
      }),
    );
  }

  /** Reads the key with which the running api decrypts credentials. */
  private async encryptionKey(): Promise<string> {
    const { environment } = await details(engineOver(this.docker), await this.running.api());
    return variableIn(environment, "ENCRYPTION_KEY") as string;
  }

  private async query<T>(sql: string): Promise<T[]> {
    const database = {
      kind: "bundled",
      container: await this.running.postgres(),
      stacks: stacksBeside("base"),
    } as const;
    return withServer(engineOver(this.docker), database, (server) => server.query<T>(sql));
  }
}

/** Networks of the clients that sign in, call procedures and upload files; the load uses others. */
const networks = { signIn: 78, calls: 79, files: 81 } as const;

/** Name that marks the jobs and their holdings. */
const jobName = "rehearsed job";
