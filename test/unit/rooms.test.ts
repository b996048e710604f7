import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { root } from "../../ops/root";

/** Rules for the rooms of docs/architecture.md: their content and imports. An import of a type counts. */

const lower = ["util", "settings", "host/engine", "host/gateway", "host/install", "host/scani"];
const host = [
  ...lower.filter((room) => room.startsWith("host/")),
  "host/lock",
  "host/backup",
  "host/guards",
  "host/preflight",
  "host/files",
  "host/handover",
  "host/hold",
  "host/adopt",
];

const mayImport: Readonly<Record<string, readonly string[]>> = {
  util: [],
  settings: ["util"],
  "host/engine": ["util"],
  "host/gateway": ["host/engine", "util"],
  "host/install": ["host/gateway", "host/engine", "settings", "util"],
  "host/scani": ["host/install", "host/engine", "util"],
  "host/lock": lower,
  "host/backup": lower,
  "host/guards": [...lower, "host/backup"],
  "host/preflight": lower,
  "host/files": lower,
  "host/hold": lower,
  "host/handover": [...lower, "host/preflight", "host/backup", "host/files"],
  "host/adopt": [...lower, "host/backup", "host/guards", "host/preflight"],
  infra: ["host/install", "host/gateway", "settings", "util"],
  provider: [...host, "settings", "util"],
  stacks: [...host, "infra", "settings", "util"],
  ops: [...host, "stacks", "settings", "util"],
  lab: [...host, "infra", "provider", "stacks", "ops", "settings", "util"],
};

/** Returns the room of a file of the project. */
function roomOf(file: string): string {
  const [top, second] = file.split("/");
  return top === "host" ? `host/${second}` : top;
}

/** Lists the sources of the rooms, by their paths from the project's folder. */
function sources(): string[] {
  const folders = [...new Set(Object.keys(mayImport).map((room) => room.split("/")[0]))];
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
    )
    .filter((file) => file.endsWith(".ts") && !file.includes("node_modules"));
}

/**
 * Lists a source's imports, also required and dynamic ones: files of the project by their paths, packages by their
 * names.
 */
function importsOf(file: string, known: ReadonlySet<string>): string[] {
  const text = readFileSync(join(root, file), "utf8").replace(/\/\*[^]*?\*\//g, "");
  return [...text.matchAll(/(?:(?<!\.)\bfrom|\bimport|\brequire)\s*\(?\s*["']([^"']+)["']/g)].map(([, name]) => {
    if (!name.startsWith(".")) return name;
    const path = normalize(join(dirname(file), name.replace(/\.js$/, "")));
    return [`${path}.ts`, `${path}.d.ts`, `${path}/index.ts`].find((one) => known.has(one)) ?? path;
  });
}

/** Lists the documents of the project, by their paths from its folder. */
function documents(): string[] {
  return ["", "docs", "docs/decisions", "lab"].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith(".md"))
      .map((file) => join(folder, file)),
  );
}

const all = sources();
const known = new Set(all);
const imports = new Map(all.map((file) => [file, importsOf(file, known)]));

test("every source is in a room", () => {
  expect(all.length).toBeGreaterThan(250);
  expect(all.filter((file) => !(roomOf(file) in mayImport))).toEqual([]);
});

test("no room imports one it may not", () => {
  const wrong = all.flatMap((file) =>
    (imports.get(file) ?? [])
      .filter((other) => known.has(other) || /^(test|lab)\//.test(other))
      .flatMap((other) => {
        const [from, to] = [roomOf(file), roomOf(other)];
        return from === to || mayImport[from]?.includes(to) ? [] : [`${file} imports ${other}`];
      }),
  );
  expect(wrong).toEqual([]);
});

test("no file imports itself by way of others", () => {
  const [done, path] = [new Set<string>(), [] as string[]];
  const circles: string[] = [];
  const visit = (file: string): void => {
    const at = path.indexOf(file);
    if (at >= 0) circles.push([...path.slice(at), file].join(" → "));
    if (at >= 0 || done.has(file)) return;
    path.push(file);
    for (const other of imports.get(file) ?? []) if (known.has(other)) visit(other);
    path.pop();
    done.add(file);
  };
  all.forEach(visit);
  expect(circles).toEqual([]);
});

test.each([
  ["what happens to a host knows no Pulumi", /^(host|util|settings)\//, /^@pulumi\//],
  ["one room talks to Docker; instruments may", /^(?!host\/engine\/|lab\/)/, /^dockerode$/],
])("%s", (_what, where, what) => {
  expect(all.filter((file) => where.test(file) && (imports.get(file) ?? []).some((name) => what.test(name)))).toEqual(
    [],
  );
});

test("kamal-proxy's commands are spelled in one room", () => {
  const spelled = all.filter(
    (file) =>
      !/^(host\/gateway|lab)\//.test(file) &&
      /["'`\[ ]kamal-proxy["'` ]/.test(readFileSync(join(root, file), "utf8").replace(/\/\*[^]*?\*\/|\/\/.*/g, "")),
  );
  expect(spelled).toEqual([]);
});

/** Returns a source's text without its comments. */
function codeOf(file: string): string {
  return readFileSync(join(root, file), "utf8").replace(/\/\*[^]*?\*\/|^\s*\/\/.*/gm, "");
}

/** Sources whose messages an operator reads, except the one that spells their commands. */
const speaking = all.filter((file) => !/^lab\/|^util\/commands\.ts$/.test(file));

test.each([
  [
    "spells no command of its own: util/commands does",
    /(["'`]|type: |\()(docker|pulumi|npm|npx|sudo|ssh-keygen|ssh-copy-id|ssh-add|unset|cp|mv|ls|ss|iconv) [a-z$-]/,
    'type: "docker start scani-postgres"',
    [],
  ],
  [
    "names a stack as the install calls it, not by its kind",
    /(Command|setGiven)\([^()]*["'`](base|tier1|tier2)["'`]/,
    'type: setCommand("postgresImage", "base", { value })',
    // It names the stacks of a project that has none yet.
    ["ops/init.ts"],
  ],
  ["leaves no <placeholder> in a command", /(Command|setGiven)\([^()]*["'`]<[\w ]+>/, 'upCommand("<this stack>")', []],
])("a message %s", (_what, spelled, example, except) => {
  expect(example).toMatch(spelled);
  expect(speaking.filter((file) => spelled.test(codeOf(file)))).toEqual(except);
});

/** Finds literals with several words in the arguments of command spellers, which could not be typed. */
function wordsInCommands(code: string): string[] {
  const calls = code.matchAll(/(?:Command|setGiven)\(((?:[^()]|\([^()]*\))*)\)/g);
  return [...calls].flatMap(([, given]) =>
    [...given.matchAll(/(["'`])((?:\\.|(?!\1)[^\\])*)\1/g)]
      .map(([, , literal]) => literal)
      .filter((literal) => /[a-z] | [a-z]/i.test(literal.replace(/\$\{[^}]*\}/g, "")))
      .map((literal) => literal.trim()),
  );
}

test("a message puts no words in the place of a value", () => {
  expect(
    wordsInCommands('setCommand(setting, stack, `the ${lacks} it was made with`), upCommand("a", "b").join(" ")'),
  ).toEqual(["the ${lacks} it was made with"]);
  expect(speaking.flatMap((file) => wordsInCommands(codeOf(file)).map((words) => `${file}: ${words}`))).toEqual([]);
});

test("what the documents say is in a room is there", () => {
  const rooms = [...new Set([...Object.keys(mayImport), "test"].map((room) => room.split("/")[0]))];
  const path = new RegExp(`\`((?:${rooms.join("|")})/[^\`\\s]*)\``, "g");
  const named = documents().flatMap((document) =>
    [...readFileSync(join(root, document), "utf8").matchAll(path)].map(([, file]) => `${document}: ${file}`),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((line) => !existsSync(join(root, line.replace(/^.*?: /, ""))))).toEqual([]);
});

test("a function or constant that no other file uses is not exported", () => {
  // An npm script calls this one.
  const entryPoints = ["ops/documents.ts: writeDocuments"];
  const tests = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && file !== join("unit", "rooms.test.ts"))
    .map((file) => join("test", file));
  const words = new Map(
    [...all, ...tests].map((file) => [file, new Set(readFileSync(join(root, file), "utf8").match(/\w+/g))]),
  );
  const unused = all.flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/^export (?:async )?(?:function\*?|const) (\w+)/gm)]
      .filter(([, name]) => ![...words].some(([other, used]) => other !== file && used.has(name)))
      .map(([, name]) => `${file}: ${name}`),
  );
  expect(unused).toEqual(entryPoints);
});

test("the product needs no package that is for the lab and the tests alone", () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    dependencies: Readonly<Record<string, string>>;
  };
  const packageOf = (name: string): string =>
    name
      .split("/")
      .slice(0, name.startsWith("@") ? 2 : 1)
      .join("/");
  const used = new Set(
    all
      .filter((file) => !file.startsWith("lab/"))
      .flatMap((file) => imports.get(file) ?? [])
      .filter(
        (name) => /^(@[\w.-]+\/)?[\w.-]+(\/[\w./-]+)?$/.test(name) && !known.has(name) && !(roomOf(name) in mayImport),
      )
      .map(packageOf),
  );
  expect([...used].filter((name) => !(name in dependencies))).toEqual([]);
  expect(Object.keys(dependencies).filter((name) => !used.has(name))).toEqual([]);
});

test("the environment's SCANI_ variables are read in one room", () => {
  // util/commands passes on how commands are spelled to every process of a run, and reads no setting.
  const except = ["ops/cli.ts", "util/commands.ts"];
  const product = all.filter((file) => !/^(lab|settings)\//.test(file) && !except.includes(file));
  const reads = product.filter((file) => {
    const text = readFileSync(join(root, file), "utf8").replace(/\/\*[^]*?\*\/|\/\/.*/g, "");
    return (
      /\b(process\.env|environment|env)\s*(\??\.\s*SCANI_|(\?\.)?\[\s*["'`]SCANI_)/.test(text) ||
      /process\.env\s*\[/.test(text)
    );
  });
  expect(reads).toEqual([]);
});

test("no span of time is measured with a clock that can be set", () => {
  // These compare a recorded time with now.
  const moments = [
    "host/adopt/phases/beside.ts",
    "host/backup/folder.ts",
    "host/files/carriedBefore.ts",
    "host/files/store.ts",
    "host/handover/dueBackup.ts",
    "host/lock/owner.ts",
    "ops/adopt/recover.ts",
    "ops/backup/list.ts",
    "ops/pulumi/stateFolder.ts",
  ];
  const users = all
    .filter((file) => !file.startsWith("lab/"))
    .filter((file) => /\bDate\.now\b/.test(readFileSync(join(root, file), "utf8")));
  expect(users.sort()).toEqual(moments);
});

test("the product takes its engine from `connect`, and has no Docker beside it", () => {
  const past = all
    .filter((file) => !/^(host\/engine|lab)\//.test(file))
    .filter((file) => {
      const text = readFileSync(join(root, file), "utf8");
      return (
        /\b(connectDocker|engineOver)\b/.test(text) ||
        (imports.get(file) ?? []).some((name) => /^host\/engine\/docker\//.test(name) && !typesOnly(text, name))
      );
    });
  expect(past).toEqual([]);
});

/** Returns true when a source imports only types of a file. */
function typesOnly(text: string, file: string): boolean {
  const name = file.replace(/^.*\/(.*)\.ts$/, "$1");
  return [...text.matchAll(/import (type )?[^;]*? from "([^"]+)"/g)]
    .filter(([, , from]) => from.endsWith(`/${name}`))
    .every(([, type]) => type !== undefined);
}
