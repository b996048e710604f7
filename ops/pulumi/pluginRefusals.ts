import type { EngineEvent } from "@pulumi/pulumi/automation";
import { refusalProblem, type Subject } from "../../host/engine/refusal";
import type { Problem } from "../../util/operatorError";
import { plainWords } from "./words";

/** One resource's part of what Pulumi printed at the end. */
interface Diagnostic {
  /** Type token of the resource: `docker:index:Network`, or as in a URN `docker:index/network:Network`. */
  readonly type: string;
  /** Its name, which Docker's contains. */
  readonly name: string;
  readonly text: string;
}

/** Types of the official Docker plugin. */
const kinds: Readonly<Record<string, Subject["kind"]>> = {
  Container: "container",
  Network: "network",
  Volume: "volume",
};

/** Collects what Pulumi reports while it runs, for what its Docker plugin was refused. */
export class PluginRefusals {
  private readonly lines: string[] = [];
  private readonly diagnostics: Diagnostic[] = [];

  takeLine(line: string): void {
    this.lines.push(line);
  }

  takeEvent(event: EngineEvent): void {
    this.diagnostics.push(...diagnosticOf(event));
  }

  /**
   * Returns what the operator can do about it, each problem once.
   * @param isSystemService asked only where the plugin failed; see `Subject`
   */
  problems(isSystemService: () => boolean): readonly Problem[] {
    const found = [...diagnosticsIn(this.lines), ...this.diagnostics].flatMap(({ type, name, text }) => {
      const [plugin, ...rest] = type.split(":");
      const kind = plugin === "docker" ? kinds[rest.at(-1) ?? ""] : undefined;
      if (kind === undefined) return [];
      return refusalProblem(text, { kind, name, isResource: true, isSystemService: isSystemService() }) ?? [];
    });
    return [...new Map(found.map((problem) => [problem.what, problem])).values()];
  }
}

/**
 * Returns the diagnostics in Pulumi's printed output: a heading `  docker:index:Network (data):`, and under it lines
 * that are indented further. Pure.
 */
function diagnosticsIn(lines: readonly string[]): Diagnostic[] {
  const found: { type: string; name: string; text: string }[] = [];
  let isUnder = false;
  for (const line of lines.map(plainWords)) {
    const heading = /^ {2}(\S+:\S+) \((.+)\):$/.exec(line);
    if (heading !== null) found.push({ type: heading[1], name: heading[2], text: "" });
    isUnder = heading !== null || (isUnder && /^( {4}|$)/.test(line));
    const last = found.at(-1);
    if (isUnder && heading === null && last !== undefined) last.text += `${line}\n`;
  }
  return found;
}

/** Returns the diagnostic in an event. Pure. */
function diagnosticOf({ diagnosticEvent }: EngineEvent): Diagnostic[] {
  const { urn = "", message = "" } = diagnosticEvent ?? {};
  // urn:pulumi:<stack>::<project>::<types from the outermost, joined by $>::<name>
  const [, , types = "", name = ""] = urn.split("::");
  return name === "" ? [] : [{ type: types.split("$").at(-1) ?? "", name, text: plainWords(message) }];
}
