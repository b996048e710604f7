import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { heldProblem, settingProblems, stacksOn } from "../../../../ops/adopt/stacks";
import { contextOf, outputFor } from "../../../../ops/context";
import * as destroying from "../../../../ops/pulumi/destroyWhole";
import * as outputs from "../../../../ops/pulumi/stackOutputs";

const folder = mkdtempSync(join(tmpdir(), "adopt-stacks-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const problems = (values: Readonly<Record<string, string>>) =>
  settingProblems({ folder, environment: {} }, "base", "base", values, {
    name: "scani",
    folder: "/srv/scani",
    files: [],
    envFiles: [],
  });

const names = { borrowedPostgres: "home_postgres_1", POSTGRES_USER: "Scani-App", POSTGRES_DB: "scani.prod-2" };

test("names Postgres takes are taken", () => {
  expect(problems(names)).toEqual([]);
});

test("a database of another name is renamed in the server before the .env file says so", () => {
  const [only] = problems({ ...names, POSTGRES_DB: "my db" });
  expect(only.what).toBe(
    'POSTGRES_DB (of compose\'s containers) "my db" is no database name of letters, digits, _ . and -, 63 at most',
  );
  expect(only.type).toEqual([
    "cd /srv/scani && docker compose stop api worker data-provider",
    `docker exec -it home_postgres_1 psql -U Scani-App -c 'alter database "my db" rename to scani' postgres`,
    "cd /srv/scani && docker compose up -d",
  ]);
});

test("a role of another name gets a successor", () => {
  const [only] = problems({ ...names, POSTGRES_USER: "the owner" });
  expect(only.type).toEqual([
    "docker exec -it home_postgres_1 psql -U 'the owner' -c 'create role scani superuser login' postgres",
    "docker exec -it home_postgres_1 psql -U 'the owner' -c '\\password scani' postgres",
    "cd /srv/scani && docker compose up -d",
  ]);
});

test("anything else is corrected beside the compose file", () => {
  const [only] = problems({ ...names, FRONTEND_URL: "http://192.168.1.20" });
  expect(only.what).toContain("(of compose's containers)");
  expect(only.type).toBe("cd /srv/scani && docker compose up -d");
});

describe("a base stack that holds an install already", () => {
  const here = { base: "base", install: "scani-b", engine: "HERE" };
  const words = ["b", "--port", "8091"];
  const engine = (id: string) => ({ id, address: "ssh://other" });

  test("is no other's", () => {
    expect(heldProblem({ install: "scani" }, here, words)).toEqual({
      what: "Stack base holds the install scani.",
      why: "An install needs stacks of its own; this makes them:",
      type: "SCANI_NAME=scani-b npm run adopt -- b --port 8091 --base scani-b-base",
    });
  });

  test("is none of the same name on another engine", () => {
    expect(heldProblem({ install: "scani", engine: engine("THERE") }, { ...here, install: "scani" }, words)).toEqual({
      what: "Stack base holds the install scani, which is on the engine at ssh://other.",
      why: "An install needs stacks of its own; this makes them:",
      type: "npm run adopt -- b --port 8091 --base scani-base",
    });
  });

  test("stands in nobody's way where it is this one, or none", () => {
    expect(heldProblem(undefined, here, words)).toBeUndefined();
    expect(heldProblem({ install: "scani-b", engine: engine("HERE") }, here, words)).toBeUndefined();
  });

  test.each([
    ["scani", ["tier1", "base"]],
    ["scani-a", []],
  ])("is destroyed on the way back only where it is the adopted one: %s", async (install, destroyed) => {
    writeFileSync(join(folder, "Pulumi.base.yaml"), "encryptionsalt: v1:x\n");
    jest.spyOn(outputs, "stackOutputs").mockResolvedValue({ sockets: { install } });
    const destroy = jest.spyOn(destroying, "destroyWhole").mockResolvedValue();
    const stacks = stacksOn(
      contextOf(
        { folder, environment: {} },
        outputFor({}, () => undefined),
      ),
      "base",
    );
    for (const kind of ["tier1", "base"] as const) await stacks.destroy(kind);
    expect(destroy.mock.calls.map(([, stack]) => stack)).toEqual(destroyed);
    jest.restoreAllMocks();
  });
});
