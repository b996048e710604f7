import { catalogue, settingNamed, type Setting, type SettingName } from "./table";

/** Returns the sentence that says what applies when nobody gives a setting. */
function absent({ fallback, generated, required }: Setting): string {
  if (fallback !== undefined) return ` Default: ${fallback}.`;
  if (generated) return " Generated once when nobody gives it.";
  return required ? " Required." : "";
}

/** Writes a value as a `.env` file keeps it, so that docker compose and this module read the same back. */
export function dotenvText(value: string): string {
  if (/^[\w@%+:,./<>=-]*$/.test(value)) return value;
  return `"${value.replace(/[\\"]/g, "\\$&").replaceAll("$", "$$$$").replaceAll("\n", "\\n")}"`;
}

/** Settings that most installs set, in the order of `.env.example`; every other setting follows. */
const usual: readonly (readonly [title: string, names: readonly SettingName[]])[] = [
  ["Where people reach Scani, and how it mails them", ["FRONTEND_URL", "FRONTEND_PORT", "SMTP_URL", "SMTP_FROM"]],
  ["Which Scani", ["SCANI_IMAGE_TAG"]],
  ["Tier 2", ["SCANI_CLOUD_URL", "SCANI_CLOUD_API_KEY", "carryFiles"]],
];

/**
 * Renders `.env.example`: every setting by its variable, commented out, since an empty value counts as not given. A
 * stack's tier is left out: the commands set it, and all stacks read this file.
 */
export function envExample(): string {
  const first = usual.flatMap(([, names]) => names);
  const rest = catalogue.map(({ name }) => name).filter((name) => name !== "tier" && !first.includes(name));
  const sections = [...usual, ["Everything else", rest] as const];
  return [
    "# Settings of this module and of Scani. Order: Pulumi config, the environment, this file (as .env), generated.",
    "# Nothing has to be set to try tier 1 on this machine.",
    "# Written by: npm run documents",
    "",
    ...sections.flatMap(([title, names]) => [
      `# --- ${title} ---`,
      "",
      ...names.map((name) => entryOf(settingNamed(name))),
    ]),
  ].join("\n");
}

function entryOf(setting: Setting): string {
  return [
    `# ${setting.describe}${absent(setting)}`,
    `# Read by: ${setting.stacks.join(", ")}.${setting.name === setting.variable ? "" : ` In Pulumi config: ${setting.name}.`}`,
    `#${setting.variable}=${setting.secret ? "" : dotenvText(setting.fallback ?? setting.example)}`,
    "",
  ].join("\n");
}

/**
 * Renders the `config:` block of Pulumi.yaml. All defaults are empty, which counts as not given: a default here would
 * come before the environment and `.env`.
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
