import { buildSync } from 'esbuild';
import { join } from 'node:path';
import { sourceDir, type ContextFile } from './files';
import type { Infrastructure } from './infrastructure';
import { dockerfile, hash, inspect, ensure, type Builder, type Recipe } from './recipe';
import { migrationsOf } from './services/lib/schema';

export const REPOSITORY = 'scani-standin';
export const TAG = '1.0.0';
export const NEXT_TAG = '1.0.1';

export const SERVICES = ['api', 'worker', 'data-provider', 'frontend-app', 'migrate'] as const;
export type Service = (typeof SERVICES)[number];

/** Releases that differ from 1.0.1 in one service and one way, by the service that differs. */
export const VARIANTS = {
  'api-unready': 'api',
  'api-crash': 'api',
  'api-wrong-tier': 'api',
  'api-sick-late': 'api',
  'api-guide-log': 'api',
  'worker-crash': 'worker',
  'worker-crash-late': 'worker',
  'migrate-fails': 'migrate',
  'frontend-unready': 'frontend-app',
} as const satisfies Record<string, Service>;

export type Variant = keyof typeof VARIANTS;

export const variantTag = (variant: Variant): string => `${NEXT_TAG}-${variant}`;

const imageOf = (service: Service, tag: string): string => `${REPOSITORY}/${service}:${tag}`;

/** Both releases of all five services, and every variant of the second. */
export async function ensureStandins(builder: Builder, from: Infrastructure): Promise<void> {
  const runtime = dockerfile({
    tag: `scani-local/node:${from.node.tag}`,
    parent: from.node.parent,
    context: 'runtime',
    args: { PACKAGES: from.node.packages },
  });
  await Promise.all(
    SERVICES.map(async (service) => {
      await ensure(builder, serviceRecipe(service, TAG, runtime, from.base));
      // After the first, because all layers but the last are the same.
      const next = serviceRecipe(service, NEXT_TAG, runtime, from.base);
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
      return ensure(builder, dockerfile({ tag, parent: next, context: 'variant', args: { FAULT: variant } }));
    }),
  );
}

function serviceRecipe(service: Service, version: string, runtime: Recipe, base: Recipe): Recipe {
  const tag = imageOf(service, version);
  const args = { VERSION: version };
  switch (service) {
    case 'frontend-app':
      return dockerfile({ tag, parent: base, context: 'frontend', args });
    case 'worker':
      return dockerfile({ tag, parent: runtime, context: service, args, extra: executable(service) });
    case 'migrate':
      return dockerfile({ tag, parent: runtime, context: service, args, extra: executable(service, migrationFiles(version)) });
    case 'api':
      return dockerfile({
        tag,
        parent: runtime,
        context: 'service',
        args: { ...args, PORT: '3001', HEALTH_PATH: '/readyz' },
        extra: executable(service),
      });
    case 'data-provider':
      return dockerfile({
        tag,
        parent: runtime,
        context: 'service',
        args: { ...args, PORT: '8082', HEALTH_PATH: '/health' },
        extra: executable(service),
      });
  }
}

const bundles = new Map<Service, Buffer>();

/** The service as one file that runs by itself, and what lies beside it. */
function executable(service: Service, beside: ContextFile[] = []) {
  const content = bundles.get(service) ?? bundle(service);
  bundles.set(service, content);
  const files = [{ name: 'executable', content, mode: 0o755 }, ...beside];
  return { madeOf: hash(...files.flatMap((file) => [file.name, file.content])), files: () => Promise.resolve(files) };
}

/** A release's migrations, one file each, as Scani's migrate image ships them. */
function migrationFiles(version: string): ContextFile[] {
  return migrationsOf(version).map(({ id, sql }) => ({ name: `migrations/${id}.sql`, content: Buffer.from(sql), mode: 0o644 }));
}

function bundle(service: Service): Buffer {
  const built = buildSync({
    absWorkingDir: sourceDir,
    entryPoints: [join('services', `${service}.ts`)],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node18',
    format: 'cjs',
    banner: { js: '#!/usr/bin/env node' },
    // Optional accelerators of pg and ws that are not installed.
    external: ['pg-native', 'bufferutil', 'utf-8-validate'],
    logLevel: 'silent',
  });
  return Buffer.from(built.outputFiles[0]?.contents ?? []);
}

async function alias(builder: Builder, recipe: Recipe, tag: string): Promise<void> {
  const [source, target] = await Promise.all([inspect(builder.docker, recipe.tag), inspect(builder.docker, tag)]);
  if (source && source.Id === target?.Id) return;
  const [repo, version] = tag.split(':');
  await builder.docker.getImage(recipe.tag).tag({ repo, tag: version });
}
