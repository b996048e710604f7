import { spawn } from "node:child_process";
import { cpSync, existsSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../../../ops/root";
import { folder, type Folder } from "./folder";

/**
 * A project with the real bootstrap and npm; its only dependency is a compiler of a few lines, in the project itself.
 */

let project: Folder;
beforeEach(() => {
  project = folder();
  cpSync(join(root, "tools", "bootstrap.cjs"), join(project.path, "tools", "bootstrap.cjs"));
  cpSync(join(root, "tools", "lock.cjs"), join(project.path, "tools", "lock.cjs"));
  const dependency = { typescript: "file:compiler" };
  project.file("package.json", JSON.stringify({ name: "p", version: "1.0.0", dependencies: dependency }));
  project.file(
    "package-lock.json",
    JSON.stringify({
      name: "p",
      version: "1.0.0",
      lockfileVersion: 3,
      requires: true,
      packages: {
        "": { name: "p", version: "1.0.0", dependencies: dependency },
        compiler: { name: "typescript", version: "1.0.0" },
        "node_modules/typescript": { resolved: "compiler", link: true },
      },
    }),
  );
  project.file("tsconfig.json", "{}");
  project.file("ops/cli.ts", "first");
  project.file("lab/cli.ts", "lab's");
  project.file(
    "compiler/package.json",
    JSON.stringify({ name: "typescript", version: "1.0.0", scripts: { install: "exit 1" } }),
  );
  project.file(
    "compiler/bin/tsc",
    `
    const fs = require("node:fs"), path = require("node:path");
    const project = path.join(process.argv[3], "..");
    const source = fs.readFileSync(path.join(project, "ops", "cli.ts"), "utf8");
    fs.appendFileSync(path.join(project, "compilations"), ".");
    if (source === "broken") { console.log("ops/cli.ts: it is broken"); process.exit(2); }
    for (const room of ["ops", "lab"]) {
      fs.mkdirSync(path.join(project, "bin", room), { recursive: true });
      fs.writeFileSync(path.join(project, "bin", room, "cli.js"), "console.log(" + JSON.stringify(room === "ops" ? source : "lab's") + ", process.argv.slice(2).join(' '))");
    }
    fs.writeFileSync(path.join(project, "bin", ".tsbuildinfo"), "");
  `,
  );
});
afterEach(() => project.remove());

function bootstrap(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [join(project.path, "tools", "bootstrap.cjs"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk;
  });
  return new Promise((resolve) => {
    child.on("close", (code) => resolve({ code, out, err }));
  });
}

/** Options that copy a folder with the times and links npm and the compiler have left in it. */
const asItIs = { recursive: true, preserveTimestamps: true, verbatimSymlinks: true };

/** A project set up by the first test that needs one. */
let template: Folder | undefined;
afterAll(() => template?.remove());

/** Sets the project up, as `bootstrap` leaves it. */
async function setUp(): Promise<void> {
  if (template === undefined) {
    await bootstrap();
    template = folder();
    cpSync(project.path, template.path, asItIs);
  } else cpSync(template.path, project.path, asItIs);
}

const compilations = (): number => readFileSync(join(project.path, "compilations"), "utf8").length;

/** Changes a file with a time some seconds from now. */
function edit(name: string, content: string): void {
  const later = new Date(Date.now() + 5000);
  utimesSync(project.file(name, content), later, later);
}

test("a clone with nothing in it is installed, compiled, and run with its arguments; the second time only run", async () => {
  const first = await bootstrap("status", "--json");
  expect(first).toMatchObject({ code: 0, out: "first status --json\n" });
  expect(first.err).toContain("Installing the Node dependencies");
  expect(first.err).toContain("Compiling.");
  expect(await bootstrap("status")).toEqual({ code: 0, out: "first status\n", err: "" });
  expect(compilations()).toBe(1);
});

test("rehearse, bench and test are commands of the lab", async () => {
  await setUp();
  for (const command of ["rehearse", "bench", "test"])
    expect(await bootstrap(command, "--json")).toMatchObject({ code: 0, out: `lab's ${command} --json\n` });
});

test("changed sources are compiled again without an install", async () => {
  await setUp();
  edit("ops/cli.ts", "second");
  const again = await bootstrap("up");
  expect(again.out).toBe("second up\n");
  expect(again.err).toBe("Compiling.\n");
});

test("removed output is compiled again", async () => {
  await setUp();
  rmSync(join(project.path, "bin", "ops"), { recursive: true });
  expect((await bootstrap("up")).out).toBe("first up\n");
});

test("what was compiled from a source that is gone goes too", async () => {
  await setUp();
  const compiled = project.file("bin/test/removed.test.js", "");
  expect((await bootstrap("up")).err).toBe("Compiling.\n");
  expect(existsSync(compiled)).toBe(false);
  expect((await bootstrap("up")).err).toBe("");
});

test("dependencies that are not those of package-lock.json are installed again", async () => {
  await setUp();
  rmSync(join(project.path, "node_modules", ".package-lock.json"));
  expect((await bootstrap("up")).err).toContain("Installing the Node dependencies");
});

test("a lock file that npm ci refuses for its missing optional packages is installed all the same", async () => {
  const { dependencies, ...rest } = JSON.parse(readFileSync(join(project.path, "package.json"), "utf8"));
  project.file("extra/package.json", JSON.stringify({ name: "extra", version: "1.0.0" }));
  project.file(
    "package.json",
    JSON.stringify({ ...rest, dependencies, optionalDependencies: { extra: "file:extra" } }),
  );
  const { code, out, err } = await bootstrap("up");
  expect({ code, out }).toEqual({ code: 0, out: "first up\n" });
  expect(err).toContain("npm install --no-save");
  expect((await bootstrap("up")).err).toBe("");
});

test("dependencies that npm cannot get stop it", async () => {
  project.remove();
  project.file("tools/bootstrap.cjs", readFileSync(join(root, "tools", "bootstrap.cjs"), "utf8"));
  project.file("tools/lock.cjs", readFileSync(join(root, "tools", "lock.cjs"), "utf8"));
  project.file(
    "package.json",
    JSON.stringify({ name: "p", version: "1.0.0", dependencies: { gone: "file:gone.tgz" } }),
  );
  project.file(
    "package-lock.json",
    JSON.stringify({
      name: "p",
      version: "1.0.0",
      lockfileVersion: 3,
      packages: {
        "": { name: "p", version: "1.0.0", dependencies: { gone: "file:gone.tgz" } },
        "node_modules/gone": { version: "1.0.0", resolved: "file:gone.tgz" },
      },
    }),
  );
  const { code, out, err } = await bootstrap("up");
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toContain("The Node dependencies could not be installed");
});

test("sources that do not compile are not run, and the compiler's words are shown", async () => {
  project.file("ops/cli.ts", "broken");
  const { code, out, err } = await bootstrap("up");
  expect([code, out]).toEqual([1, ""]);
  expect(err).toContain("ops/cli.ts: it is broken\n");
  expect(existsSync(join(project.path, "bin", "ops", "cli.js"))).toBe(false);
});

test("of two at once one waits and does nothing twice", async () => {
  const both = await Promise.all([bootstrap("a"), bootstrap("b")]);
  expect(both.map(({ out }) => out).sort()).toEqual(["first a\n", "first b\n"]);
  expect(
    both.map(({ err }) => err).filter((err) => err.includes("Another run is setting this folder up")),
  ).toHaveLength(1);
  expect(compilations()).toBe(1);
});
