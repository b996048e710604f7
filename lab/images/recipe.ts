import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type Dockerode from "dockerode";
import { pack } from "tar-stream";
import { contextFiles, type ContextFile } from "./files";

const LABEL = "scani.test.recipe";

export interface Builder {
  docker: Dockerode;
  log(line: string): void;
}

/**
 * Instructions that make one image. The same key means the same image, so an image that carries it need not be built.
 */
export interface Recipe {
  tag: string;
  /** Hash of all inputs, parents included. */
  key: string;
  parent?: Recipe;
  make(builder: Builder, label: Record<string, string>): Promise<void>;
}

export interface DockerfileOptions {
  tag: string;
  parent: Recipe;
  /** Folder under context/ with the Dockerfile, whose `FROM` is `${BASE}`. */
  context: string;
  args?: Record<string, string>;
  /**
   * Files that are made first, such as a compiled program; `madeOf`, a hash of their sources, stands for them in the
   * key.
   */
  extra?: { madeOf: string; files(builder: Builder): Promise<ContextFile[]> };
}

export function dockerfile(options: DockerfileOptions): Recipe {
  const { tag, parent, context, args = {}, extra } = options;
  const files = contextFiles(context);
  const inputs = [
    parent.key,
    JSON.stringify(args),
    extra?.madeOf ?? "",
    ...files.flatMap((file) => [file.name, file.content]),
  ];
  return {
    tag,
    parent,
    key: hash(...inputs),
    async make(builder, labels) {
      const all = [...files, ...((await extra?.files(builder)) ?? [])];
      const stream = await builder.docker.buildImage(Readable.from(archive(all)), {
        t: tag,
        labels,
        buildargs: { ...proxies(), BASE: parent.tag, ...args },
      });
      await follow(builder.docker, stream);
    },
  };
}

/** Returns the recipe of a real image from a registry. Its tag is its key: none of these tags moves. */
export function pulled(tag: string): Recipe {
  return {
    tag,
    key: tag,
    make: async ({ docker }) => follow(docker, await docker.pull(tag)),
  };
}

const underWay = new Map<string, Promise<void>>();

/** Makes the image unless it exists; concurrent callers in this process share the work. */
export function ensure(builder: Builder, recipe: Recipe): Promise<void> {
  const id = `${recipe.tag} ${recipe.key}`;
  const work = underWay.get(id) ?? make(builder, recipe).finally(() => underWay.delete(id));
  underWay.set(id, work);
  return work;
}

export async function isPresent(docker: Dockerode, recipe: Recipe): Promise<boolean> {
  const image = await inspect(docker, recipe.tag);
  return image !== undefined && (recipe.key === recipe.tag || image.Config.Labels?.[LABEL] === recipe.key);
}

async function make(builder: Builder, recipe: Recipe): Promise<void> {
  if (await isPresent(builder.docker, recipe)) return;
  if (recipe.parent) await ensure(builder, recipe.parent);
  const start = performance.now();
  builder.log(`${recipe.tag}: making`);
  try {
    await recipe.make(builder, { [LABEL]: recipe.key });
  } catch (error) {
    throw new Error(`could not make ${recipe.tag}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  builder.log(`${recipe.tag}: made in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

export async function inspect(docker: Dockerode, tag: string): Promise<Dockerode.ImageInspectInfo | undefined> {
  try {
    return await docker.getImage(tag).inspect();
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

/** Waits for the end of a pull, build or import; its error carries the last lines of output. */
export function follow(docker: Dockerode, stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    docker.modem.followProgress(stream, (error, events: { error?: string; stream?: string }[] | null) => {
      const failure = error ?? events?.find((event) => event.error);
      if (!failure) return resolve();
      const output = (events ?? []).map((event) => event.stream ?? "").join("");
      const reason = failure instanceof Error ? failure.message : failure.error;
      reject(new Error([reason, ...output.trim().split("\n").slice(-15)].join("\n")));
    });
  });
}

export function hash(...parts: (string | Uint8Array)[]): string {
  const sum = createHash("sha256");
  // Hash the lengths too, which keep ['a', 'bc'] and ['ab', 'c'] apart.
  for (const part of parts) sum.update(`${part.length}:`).update(part);
  return sum.digest("hex");
}

function archive(files: ContextFile[]) {
  const tar = pack();
  for (const { name, mode, content } of files) tar.entry({ name, mode }, content);
  tar.finalize();
  return tar;
}

/**
 * Returns this machine's proxies as build arguments, so that a build reaches the package mirrors too; they leave no
 * trace in an image.
 */
function proxies(): Record<string, string> {
  const names = ["http_proxy", "https_proxy", "no_proxy"];
  const found = names.map((name) => [name, process.env[name] ?? process.env[name.toUpperCase()]]);
  return Object.fromEntries(found.filter((pair): pair is [string, string] => Boolean(pair[1])));
}
