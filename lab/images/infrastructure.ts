import { debianBase, SUITE } from "./debian";
import { goTool, toolVersion, type Tool } from "./goTools";
import { dockerfile, pulled, type Recipe } from "./recipe";

/** Recipes of the services Scani needs, and of the bases the stand-ins are made from. */
export interface Infrastructure {
  postgres: Recipe;
  redis: Recipe;
  storage: Recipe;
  mail: Recipe;
  gateway: Recipe;
  /** Plain Debian. */
  base: Recipe;
  /** Parent of the stand-ins' runtime image, and the packages it still lacks. */
  node: { tag: string; parent: Recipe; packages: string };
}

const POSTGRES_MAJOR = "15";

/** Returns recipes that pull the published images. */
export function fromRegistry(): Infrastructure {
  const published = (image: string, tool: Tool): Recipe => pulled(`${image}:v${toolVersion(tool)}`);
  return {
    postgres: pulled("postgres:16-alpine"),
    redis: pulled("redis:7-alpine"),
    storage: published("versity/versitygw", "versitygw"),
    mail: published("axllent/mailpit", "mailpit"),
    gateway: published("basecamp/kamal-proxy", "kamal-proxy"),
    base: pulled(`debian:${SUITE}-slim`),
    node: { tag: "20-bookworm", parent: pulled(`node:20-${SUITE}-slim`), packages: "curl ca-certificates openssl" },
  };
}

/** Returns recipes of the same programs, from Debian's packages and Go's modules. */
export function madeHere(): Infrastructure {
  const base = debianBase();
  const built = (name: string, context: string, tool: Tool): Recipe =>
    dockerfile({ tag: `scani-local/${name}:${toolVersion(tool)}`, parent: base, context, extra: goTool(tool) });
  return {
    postgres: dockerfile({
      tag: `scani-local/postgres:${POSTGRES_MAJOR}-${SUITE}`,
      parent: base,
      context: "postgres",
      args: { MAJOR: POSTGRES_MAJOR },
    }),
    redis: dockerfile({ tag: `scani-local/redis:7-${SUITE}`, parent: base, context: "redis" }),
    storage: built("versitygw", "storage", "versitygw"),
    mail: built("mailpit", "mail", "mailpit"),
    gateway: built("kamal-proxy", "gateway", "kamal-proxy"),
    base,
    node: { tag: `18-${SUITE}`, parent: base, packages: "nodejs curl ca-certificates openssl" },
  };
}
