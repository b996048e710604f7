import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { settingProblems } from "../../../../ops/adopt/stacks";

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
