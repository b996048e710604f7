import { catalogue, isAcceptableSecret, moduleVariables, type FurtherVariable, type Setting } from "../../../settings";
import { isFinder, scaniServices, type ScaniParts } from "./project";

/** Settings of a stack by name; they may hold secrets. */
export type StackValues = Readonly<Record<string, string>>;

/** Variables that the plan derives from the servers and images it reads, instead of copying them. */
const placed: ReadonlySet<string> = new Set([
  ...["DATABASE_URL", "REDIS_URL", "S3_ENDPOINT", "S3_PUBLIC_ENDPOINT", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"],
  ...["SMTP_URL", "SCANI_CLOUD_URL", "SCANI_CLOUD_API_KEY", "SCANI_IMAGE_TAG", "CSP_CONNECT_SRC"],
  ...["POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "FRONTEND_PORT", "MAILPIT_UI_PORT"],
]);

/** True where the plan derives a variable instead of copying it. Pure. */
export function isPlaced(variable: string): boolean {
  return placed.has(variable);
}

/** Services in the order in which their value of a setting counts. */
const precedence = ["api", "data-provider", "worker", "frontend-app"] as const;

/** Returns values of settings that have Scani's own names, read off its services, by the stacks that read them. */
export function ownVariables(parts: ScaniParts): { base: StackValues; tiers: StackValues } {
  const order = precedence.map((service) => parts[service]).filter((one) => one !== undefined);
  const valueOf = ({ variable }: Setting): string | undefined =>
    order.map(({ environment }) => environment[variable]).find((value) => value !== undefined && value !== "");
  const of = (kind: "base" | "tier1") =>
    given(
      Object.fromEntries(
        catalogue
          .filter(({ name, variable, stacks }) => name === variable && stacks.includes(kind) && !placed.has(name))
          .map((setting) => [setting.name, valueOf(setting)]),
      ),
    );
  return { base: of("base"), tiers: of("tier1") };
}

/**
 * Returns variables that neither a setting names nor this module sets, nor the image itself. Those by which proxies
 * find a container stay behind: they would find the release past the gateway.
 */
export function furtherVariables(parts: ScaniParts): FurtherVariable[] {
  const known = new Set([...catalogue.map(({ variable }) => variable), ...moduleVariables]);
  return scaniServices.flatMap((service) =>
    Object.entries(parts[service]?.environment ?? {})
      .filter(([name, value]) => !known.has(name) && !isFinder(name) && value !== (parts[service]?.ofImage[name] ?? ""))
      .map(([name, value]) => ({ service, name, value })),
  );
}

/** Lists settings that all services share from now on and that differ now, a sentence each. */
export function differenceNotes(parts: ScaniParts): string[] {
  return catalogue
    .filter(({ name, variable }) => name === variable && !placed.has(name))
    .flatMap(({ variable }) => {
      const having = scaniServices.filter((service) => (parts[service]?.environment[variable] ?? "") !== "");
      const values = new Set(having.map((service) => parts[service]?.environment[variable]));
      const counts = precedence.find((service) => having.includes(service));
      return values.size < 2 ? [] : [`${variable} differs between ${having.join(", ")}; all get that of ${counts}.`];
    });
}

/** Returns names of the secrets among these values that are refused unless accepted: short or published ones. Pure. */
export function secretsToAccept(values: StackValues): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const setting = catalogue.find((one) => one.name === name);
    return setting !== undefined && isAcceptableSecret(setting, value) ? [name] : [];
  });
}

/** Returns the values that are defined and not empty. Pure. */
export function given(values: Readonly<Record<string, string | undefined>>): StackValues {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ""),
  );
}
