import { RunResponse, type RunRequest } from "@pulumi/pulumi/proto/language_pb";
import { createRequire } from "node:module";
import { join } from "node:path";

/** Start of a program: `node` with these words, and this environment in addition to the host's own. */
export interface Start {
  readonly words: string[];
  readonly environment: Record<string, string>;
}

/** The SDK's own starter of programs; it is resolved from the program, which may use another copy of the SDK. */
const starter = "@pulumi/pulumi/cmd/run";

/**
 * Returns how the program of a request is started, as the official host does it, without what only other programs need:
 * a TypeScript loader, and the pipes for calls that block.
 * @param engine `host:port` of the engine
 * @throws Error when the program is of another kind, or has no SDK
 */
export function startOf(request: RunRequest, engine: string): Start {
  const info = request.getInfo();
  const folder = info?.getProgramDirectory() || request.getPwd();
  if (info?.getOptions()?.toJavaScript().typescript !== false) {
    throw new Error("the test language host runs compiled programs only: runtime.options.typescript must be false");
  }
  if (request.getAttachDebugger()) throw new Error("the test language host attaches no debugger");
  const settings: [name: string, value: string | undefined][] = [
    ["monitor", request.getMonitorAddress()],
    ["engine", engine],
    ["organization", request.getOrganization()],
    ["project", request.getProject()],
    ["root-directory", info.getRootDirectory()],
    ["stack", request.getStack()],
    ["pwd", folder],
    ["parallel", String(request.getParallel())],
  ];
  return {
    words: [
      createRequire(join(folder, "program.js")).resolve(starter),
      ...settings.flatMap(([name, value]) => (value ? [`--${name}`, value] : [])),
      ...(request.getDryrun() ? ["--dry-run"] : []),
      info.getEntryPoint() || request.getProgram(),
      ...request.getArgsList(),
    ],
    environment: {
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().getEntryList())),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    },
  };
}

/** Exit code of a program that has reported its error to the engine. */
const errorReported = 32;

/** Returns the response to the engine for a program that has ended. Pure. */
export function outcomeOf(code: number | null, signal: NodeJS.Signals | null): RunResponse {
  const response = new RunResponse();
  if (code === errorReported) return response.setBail(true);
  if (code === 0) return response;
  return response.setError(
    signal === null ? `Program exited with non-zero exit code: ${code}` : `Program was ended by ${signal}`,
  );
}
