import { buildSync, type BuildOptions } from "esbuild";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sourceDir, type ContextFile } from "./files";
import type { Infrastructure } from "./infrastructure";
import { dockerfile, hash, inspect, ensure, type Builder, type Recipe } from "./recipe";
import { migrationsOf } from "./services/lib/schema";

export const REPOSITORY = "scani-standin";
export const TAG = "1.0.0";
export const NEXT_TAG = "1.0.1";

export const SERVICES = ["api", "worker", "data-provider", "frontend-app", "migrate"] as const;
export type Service = (typeof SERVICES)[number];

/** Releases that differ from 1.0.1 by one fault in one service, each with that service. */
export const VARIANTS = {
  "api-unready": "api",
  "api-crash": "api",
  "api-wrong-tier": "api",
  "api-sick-late": "api",
  "api-guide-log": "api",
  "worker-crash": "worker",
  "worker-crash-late": "worker",
  "migrate-fails": "migrate",
  "frontend-unready": "frontend-app",
} as const satisfies Record<string, Service>;

export type Variant = keyof typeof VARIANTS;

export const variantTag = (variant: Variant): string => `${NEXT_TAG}-${variant}`;

const imageOf = (service: Service, tag: string): string => `${REPOSITORY}/${service}:${tag}`;

/** Makes both releases of all five services, and every variant of the second. */
export async function ensureStandins(builder: Builder, from: Infrastructure): Promise<void> {
  const runtime = dockerfile({
    tag: `scani-local/node:${from.node.tag}`,
    parent: from.node.parent,
    context: "runtime",
    args: { PACKAGES: from.node.packages },
  });
  const bun = bunRuntime(runtime);
  await Promise.all(
    SERVICES.map(async (service) => {
      const parents = { base: from.base, runtime, bun };
      await ensure(builder, serviceRecipe(service, TAG, parents));
      // Make this after the first: all layers but the last are the same.
      const next = serviceRecipe(service, NEXT_TAG, parents);
      await ensure(builder, next);
      await ensureVariants(builder, service, next);
    }),
  );
}

async function ensureVariants(builder: Builder, service: Service, next: Recipe): Promise<void> {
  const variants = Object.entries(VARIANTS) as [Variant, Service][];
  await Promise.all(
    variants.map(([variant, faulty]) => {
      const tag = imageOf(service, variantTag(variant));
      if (service !== faulty) return alias(builder, next, tag);
      return ensure(builder, dockerfile({ tag, parent: next, context: "variant", args: { FAULT: variant } }));
    }),
  );
}

/**
 * Returns the recipe of Bun's image. The binary comes from npm; the key uses its version instead of its hundred
 * megabytes.
 */
function bunRuntime(runtime: Recipe): Recipe {
  const name = process.arch === "arm64" ? "@oven/bun-linux-aarch64" : "@oven/bun-linux-x64-baseline";
  const { version } = JSON.parse(readFileSync(require.resolve(`${name}/package.json`), "utf8")) as { version: string };
  return dockerfile({
    tag: `scani-local/bun:${version}`,
    parent: runtime,
    context: "bun",
    extra: {
      madeOf: `${name} ${version}`,
      files: async () => [{ name: "bun", content: await readFile(require.resolve(`${name}/bin/bun`)), mode: 0o755 }],
    },
  });
}

function serviceRecipe(
  service: Service,
  version: string,
  { base, runtime, bun }: Record<"base" | "runtime" | "bun", Recipe>,
): Recipe {
  const tag = imageOf(service, version);
  const args = { VERSION: version };
  switch (service) {
    case "frontend-app":
      return dockerfile({ tag, parent: base, context: "frontend", args, extra: page() });
    case "worker":
      return dockerfile({ tag, parent: runtime, context: service, args, extra: executable(service) });
    case "migrate":
      return dockerfile({
        tag,
        parent: runtime,
        context: service,
        args,
        extra: executable(service, migrationFiles(version)),
      });
    case "api":
      return dockerfile({
        tag,
        parent: runtime,
        context: "service",
        args: { ...args, PORT: "3001", HEALTH_PATH: "/readyz" },
        extra: executable(service),
      });
    case "data-provider":
      return dockerfile({
        tag,
        parent: bun,
        context: "service",
        args: { ...args, PORT: "8082", HEALTH_PATH: "/health" },
        extra: executable(service),
      });
  }
}

const bundles = new Map<Service, Buffer>();

/** Returns the service as one executable file, with further files for its image. */
function executable(service: Service, extraFiles: ContextFile[] = []) {
  const content = bundles.get(service) ?? bundle(service);
  bundles.set(service, content);
  const files = [{ name: "executable", content, mode: 0o755 }, ...extraFiles];
  return { madeOf: hash(...files.flatMap((file) => [file.name, file.content])), files: () => Promise.resolve(files) };
}

/** Returns a release's migrations, one file each, as Scani's migrate image ships them. */
function migrationFiles(version: string): ContextFile[] {
  return migrationsOf(version).map(({ id, sql }) => ({
    name: `migrations/${id}.sql`,
    content: Buffer.from(sql),
    mode: 0o644,
  }));
}

/** Bundles the page's one script, which is a file because the page's policy allows no inline script. */
function page() {
  const options: BuildOptions = {
    entryPoints: [join("page", "main.ts")],
    platform: "browser",
    target: "es2022",
    format: "esm",
    minify: true,
  };
  const files = [{ name: "page.js", content: bundled(options), mode: 0o644 }];
  return { madeOf: hash(...files.flatMap((file) => [file.name, file.content])), files: () => Promise.resolve(files) };
}

function bundle(service: Service): Buffer {
  // Scani's services run on Bun. Here only the data-provider needs it, for its S3 client; the others run on the base
  // image's Node, and the oldest of these has no web cryptography as a global.
  const onBun = service === "data-provider";
  const banner = onBun
    ? "#!/usr/bin/env bun"
    : "#!/usr/bin/env node\nglobalThis.crypto ??= require('node:crypto').webcrypto;";
  return bundled({
    entryPoints: [join("services", `${service}.ts`)],
    platform: "node",
    target: onBun ? "esnext" : "node18",
    format: "cjs",
    banner: { js: banner },
    // Optional accelerators of pg and ws that are not installed.
    external: ["pg-native", "bufferutil", "utf-8-validate"],
  });
}

function bundled(options: BuildOptions): Buffer {
  const built = buildSync({ absWorkingDir: sourceDir, bundle: true, logLevel: "silent", ...options, write: false });
  return Buffer.from(built.outputFiles[0]?.contents ?? []);
}

async function alias(builder: Builder, recipe: Recipe, tag: string): Promise<void> {
  const [source, target] = await Promise.all([inspect(builder.docker, recipe.tag), inspect(builder.docker, tag)]);
  if (source && source.Id === target?.Id) return;
  const [repo, version] = tag.split(":");
  await builder.docker.getImage(recipe.tag).tag({ repo, tag: version });
}
