import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { statFields } from "../util/process/stat";

/** A process: its number and the words it was started with. */
export interface CommandLine {
  readonly pid: number;
  readonly words: readonly string[];
}

/** Pulumi's commands that run a program, as far as they are told apart here; an update begins with a preview. */
const commands = ["up", "update", "preview", "pre", "refresh", "destroy", "down", "dn"];

/**
 * Finds the `pulumi up` among these processes; undefined when the nearest Pulumi runs another command, or there is
 * none. Pure.
 * @param ancestors nearest first
 */
export function updateAmong(ancestors: readonly CommandLine[]): CommandLine | undefined {
  const nearest = nearestPulumi(ancestors);
  return updates.includes(commandOf(nearest) ?? "") ? nearest : undefined;
}

const updates: readonly string[] = ["up", "update"];

function nearestPulumi(ancestors: readonly CommandLine[]): CommandLine | undefined {
  return ancestors.find(({ words }) => /^pulumi(\.exe)?$/.test(basename(words[0] ?? "")));
}

function commandOf(line: CommandLine | undefined): string | undefined {
  return line?.words.slice(1).find((word) => commands.includes(word));
}

/** Options by which an update leaves resources out. Source: pulumi/pkg/cmd/pulumi/operations/up.go and preview.go. */
const partial = ["--target", "--target-replace", "--exclude"] as const;

/** The same options in one letter, alone or after others that take no value. */
const shortPartial = /^-[defjyQ]*([tx])/;

/**
 * Returns the option by which an update, or its preview, was told to leave resources out; undefined where none was.
 * Pulumi takes each from the environment too. Pure.
 * @param ancestors nearest first
 */
export function partialOption(
  ancestors: readonly CommandLine[],
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const nearest = nearestPulumi(ancestors);
  const isUpdate = [...updates, "preview", "pre"].includes(commandOf(nearest) ?? "");
  const typed = (isUpdate ? (nearest?.words ?? []) : []).flatMap((word) => {
    const long = partial.find((option) => word === option || word.startsWith(`${option}=`));
    const short = shortPartial.exec(word)?.[1];
    return long ?? (short === undefined ? [] : [`-${short}`]);
  });
  const variables = partial.map((option) => `PULUMI_OPTION_${option.slice(2).replaceAll("-", "_").toUpperCase()}`);
  return typed[0] ?? variables.find((name) => (environment[name] ?? "") !== "");
}

/** Number of ancestors to read: a program's parent is the language host, and the host's is Pulumi. */
const generations = 4;

/** Lists the processes this one descends from, nearest first; fewer where the machine does not show them. */
export function ancestors(from: number = process.ppid): CommandLine[] {
  const found: CommandLine[] = [];
  for (let pid = from; pid > 1 && found.length < generations;) {
    const seen = look(pid);
    if (seen === undefined) break;
    found.push({ pid, words: seen.words });
    pid = seen.parent;
  }
  return found;
}

function look(pid: number): { parent: number; words: string[] } | undefined {
  try {
    if (process.platform !== "linux") {
      const [, parent, line] =
        /^\s*(\d+)\s+(.*)$/s.exec(execFileSync("ps", ["-o", "ppid=,args=", "-p", String(pid)], { encoding: "utf8" })) ??
        [];
      return { parent: Number(parent), words: (line ?? "").trim().split(/\s+/) };
    }
    return {
      parent: Number(statFields(pid)[1]),
      words: readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1),
    };
  } catch {
    return undefined;
  }
}
