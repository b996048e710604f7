import type { Say } from "../../ops/pulumi/say";

/**
 * What a rehearsal says of an `up`, line by line: the Handover's steps as they come, and of one that fails every error
 * whole, with what the container logged: its install is removed in a moment, and nobody can look there any more. Pulumi
 * shows an error twice, shortened while it works and whole under `Diagnostics:`, each resource's after a line with its
 * name.
 */
export function progressOnly(say: Say): Say {
  let part: "update" | "diagnostics" | "ended" | "refused" = "update";
  let wrong = false;
  return (line) => {
    // Pulumi refused the whole command; what follows is about that.
    if (line.startsWith("error:")) part = "refused";
    if (part === "refused") return say(line);
    if (line === "Diagnostics:") part = "diagnostics";
    else if (part === "diagnostics") {
      if (/^\S/.test(line)) part = "ended";
      if (!line.startsWith("    ")) wrong = false;
      else if (line.startsWith("    error:")) wrong = !/: update (failed|canceled)$/.test(line);
      if (wrong) say(line.slice(2));
    } else if (part === "update") {
      const step = /(?:▸|✓|✗|…) .*/.exec(line)?.[0];
      if (step !== undefined && / (creating|updating) \(/.test(line)) say(`  ${step}`);
    }
  };
}
