import { catalogue, type Setting } from "./table";

/** Sentence that says what is taken when nobody gives a setting. */
function absent({ fallback, generated, required }: Setting): string {
  if (fallback !== undefined) return ` Default: ${fallback}.`;
  if (generated) return " Generated once when nobody gives it.";
  return required ? " Required." : "";
}

/** A value as a `.env` file keeps it, so that docker compose and this module read the same back. */
export function dotenvText(value: string): string {
  if (/^[\w@%+:,./<>=-]*$/.test(value)) return value;
  return `"${value.replace(/[\\"]/g, "\\$&").replaceAll("$", "$$$$").replaceAll("\n", "\\n")}"`;
}

/** `.env.example`: every setting by its variable, commented out, since an empty value counts as not given. */
export function envExample(): string {
  const entries = catalogue.map((setting) =>
    [
      `# ${setting.describe}${absent(setting)}`,
      `# Read by: ${setting.stacks.join(", ")}.${setting.name === setting.variable ? "" : ` In Pulumi config: ${setting.name}.`}`,
      `#${setting.variable}=${setting.secret ? "" : dotenvText(setting.fallback ?? setting.example)}`,
      "",
    ].join("\n"),
  );
  return [
    "# Settings of this module and of Scani. Order: Pulumi config, the environment, this file (as .env), generated.",
    "# Written by: npm run documents",
    "",
    ...entries,
  ].join("\n");
}

/**
 * The `config:` block of Pulumi.yaml. All defaults are empty, which counts as not given: a default here would come
 * before the environment and `.env`.
 */
export function projectConfig(): string {
  const entries = catalogue
    .filter(({ name }) => name !== "tier")
    .map((setting) =>
      [
        `  scani:${setting.name}:`,
        "    type: string",
        `    description: ${JSON.stringify(`${setting.describe}${absent(setting)}`)}`,
        '    default: ""',
      ].join("\n"),
    );
  return ["config:", ...entries, ""].join("\n");
}
