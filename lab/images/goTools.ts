import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { goEnvironment } from "../../ops/pulumi/goEnvironment";
import { sourceDir, type ContextFile } from "./files";
import { hash, type DockerfileOptions } from "./recipe";

const dir = join(sourceDir, "tools");
const goMod = readFileSync(join(dir, "go.mod"), "utf8");

/** The real programs by the name of their binary, with the Go variable that holds each one's version. */
const TOOLS = {
  versitygw: { module: "github.com/versity/versitygw", command: "/cmd/versitygw", version: "main.Version" },
  mailpit: { module: "github.com/axllent/mailpit", command: "", version: "github.com/axllent/mailpit/config.Version" },
  "kamal-proxy": { module: "github.com/basecamp/kamal-proxy", command: "/cmd/kamal-proxy", version: undefined },
} as const;

export type Tool = keyof typeof TOOLS;

/** Returns a tool's version as pinned in tools/go.mod, without the v. */
export function toolVersion(tool: Tool): string {
  const { module } = TOOLS[tool];
  const version = goMod
    .split("\n")
    .map((line) => line.trim().split(" "))
    .find((words) => words[0] === module && words[1]?.startsWith("v"))?.[1];
  if (!version) throw new Error(`tools/go.mod does not pin ${module}`);
  return version.replace(/^v/, "");
}

/** Returns the program as a file of a build context, compiled on this machine because an image has no Go. */
export function goTool(tool: Tool): NonNullable<DockerfileOptions["extra"]> {
  const { module, command, version } = TOOLS[tool];
  const linker = ["-s", "-w", ...(version ? ["-X", `${version}=v${toolVersion(tool)}`] : [])].join(" ");
  const args = ["build", "-trimpath", "-buildvcs=false", "-ldflags", linker];
  return {
    madeOf: hash(goMod, readFileSync(join(dir, "go.sum")), args.join(" ")),
    files: async () => [await compile(tool, args, module + command)],
  };
}

let compiling: Promise<unknown> = Promise.resolve();

/** Compiles one tool after the other, since each compilation uses every core by itself. */
function compile(tool: Tool, args: string[], command: string): Promise<ContextFile> {
  const compiled = compiling.then(async () => {
    const out = await mkdtemp(join(tmpdir(), "scani-go-"));
    try {
      const path = join(out, tool);
      const go = spawn("nice", ["-n", "5", "go", ...args, "-o", path, command], {
        cwd: dir,
        env: { ...goEnvironment(process.env), GOOS: "linux" },
        stdio: ["ignore", "ignore", "pipe"],
      });
      let output = "";
      go.stderr.on("data", (chunk) => (output += String(chunk)));
      const [code] = (await once(go, "exit")) as [number | null];
      if (code !== 0) throw new Error(`go build ${command} failed:\n${output.trim()}`);
      return { name: tool, content: await readFile(path), mode: 0o755 };
    } finally {
      await rm(out, { recursive: true, force: true });
    }
  });
  compiling = compiled.catch(() => undefined);
  return compiled;
}
