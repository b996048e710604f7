import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { ensureImages } from "../../lab/images";
import { ownFolder } from "../../lab/throwaway";
import { root } from "../../ops/root";
import { connectDocker } from "../../host/engine/connect";

/** The package an operator installs: packed, in an empty folder, with only its declared dependencies. */

jest.setTimeout(300_000);

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

let folder: string;
let own: string;

/** Links one path to another, as npm installs a package. */
function link(to: string, from: string): void {
  mkdirSync(dirname(from), { recursive: true });
  symlinkSync(to, from);
}

beforeAll(() => {
  folder = ownFolder("test");
  own = join(folder, "node_modules", "scani-tiers");
  const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
    cwd: root,
    encoding: "utf8",
  });
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  mkdirSync(own, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, filename), "-C", own, "--strip-components=1"]);
  const { bin, dependencies } = JSON.parse(readFileSync(join(own, "package.json"), "utf8")) as Manifest;
  for (const name of Object.keys(dependencies))
    link(join(root, "node_modules", name), join(folder, "node_modules", name));
  for (const [name, file] of Object.entries(bin)) {
    chmodSync(join(own, file), 0o755);
    link(join(own, file), join(folder, "node_modules", ".bin", name));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command of the package in its folder, without anything else of this module. */
function typed(...words: string[]): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(join(folder, "node_modules", ".bin", "scani-tiers"), words, {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, INIT_CWD: undefined },
  });
  return { code: status, output: stdout + stderr };
}

test("it holds the product alone: no source, no lab, no test", () => {
  const files = readdirSync(own, { recursive: true, encoding: "utf8" });
  expect(files).toContain(join("bin", "stacks", "index.js"));
  expect(files.filter((file) => /\.(ts|map)$|bootstrap|(^|\/)(lab|test)\//.test(file))).toEqual([]);
});

test("its command says what it can do", () => {
  const { code, output } = typed("--help");
  expect(code).toBe(0);
  for (const command of ["up", "preview", "status", "backup", "restore", "down", "pulumi", "init"])
    expect(output).toMatch(new RegExp(`^  ${command} `, "m"));
});

test("where no project is, it works on none, and names what makes one", () => {
  expect(typed("up", "base")).toMatchObject({ code: 1, output: expect.stringContaining("type: npx scani-tiers init") });
  expect(readdirSync(own)).not.toContain(".passphrase");
});

test("it makes the folder a project, and previews base there; nothing is made", async () => {
  expect(typed("init").code).toBe(0);
  expect(readFileSync(join(folder, "Pulumi.yaml"), "utf8")).toMatch(
    /^main: node_modules\/scani-tiers\/bin\/stacks\/$/m,
  );
  const images = await ensureImages({ docker: connectDocker(), log: () => undefined });
  const settings = {
    tier: "base",
    name: "packed",
    FRONTEND_URL: "http://127.0.0.1:1",
    postgresImage: images.postgres,
    redisImage: images.redis,
    storageImage: images.storage,
    mailImage: images.mail,
    gatewayImage: images.gateway,
  };
  const lines = Object.entries(settings).map(([name, value]) => `  scani:${name}: ${value}`);
  writeFileSync(join(folder, "Pulumi.base.yaml"), ["config:", ...lines, ""].join("\n"));
  const { code, output } = typed("preview", "base");
  expect(output).toMatch(/\+ \d+ to create/);
  expect(code).toBe(0);
  expect(existsSync(join(folder, ".passphrase"))).toBe(true);
  const status = typed("status");
  expect(status.code).toBe(1);
  expect(status.output).toMatch(/There is no install of Scani on this engine yet|Which install/);
});

test("a stack that is none is refused with a command that can be typed here", () => {
  expect(typed("up", "nonsense")).toMatchObject({
    code: 1,
    output: expect.stringContaining("npx scani-tiers up base"),
  });
});

test("a copied Pulumi.yaml is pointed at the module it is used with", () => {
  const file = join(folder, "Pulumi.yaml");
  writeFileSync(file, readFileSync(join(own, "Pulumi.yaml")));
  expect(typed("pulumi", "stack", "ls").output).toContain("named a program that is not there (bin/stacks/)");
  expect(readFileSync(file, "utf8")).toMatch(/^main: node_modules\/scani-tiers\/bin\/stacks\/$/m);
});
