import Module from "node:module";

/**
 * Pulumi's SDK loads at its start a TypeScript compiler and an npm client (for functions it serialises into the state), a
 * tracer, and its own command line driver; dockerode loads an ssh client and a builder's protocol; zod every language it can
 * say its errors in. This program uses none of them in a usual run. Loading each only when something asks for it takes most
 * of a second off every preview, and twice that off every `up`. Imported first by whatever loads the SDK; raw `pulumi` loads
 * it before the SDK (stacks/rawStart.ts, by `nodeargs` in Pulumi.yaml).
 */
const onlyWhenUsed: readonly Rule[] = [
  { request: /^(typescript|@npmcli\/arborist)$/, gives: "namespace" },
  { request: /^\.\/(automation|provider)$/, from: /@pulumi[\\/]pulumi[\\/]index\.js$/, gives: "namespace" },
  { request: /^normalize-package-data$/, from: /@pulumi[\\/]pulumi[\\/]runtime[\\/]closure[\\/]codePaths\.js$/, gives: "function" },
  { request: /^@opentelemetry\/(?!api$)/, from: /@pulumi[\\/]pulumi[\\/]cmd[\\/]run[\\/]tracing\.js$/, gives: "members" },
  // Maps every resource's place in the program back to its source; SCANI_DEBUG brings that back with the stack traces.
  ...(process.env.SCANI_DEBUG === undefined ? [{ request: /^source-map-support\/register$/, from: /@pulumi[\\/]pulumi[\\/]cmd[\\/]run[\\/]index\.js$/, gives: "namespace" } as const] : []),
  { request: /^\.\/session$/, from: /dockerode[\\/]lib[\\/]docker\.js$/, gives: "function" },
  { request: /^tar-(fs|stream)$/, gives: "namespace" },
  { request: /\/locales\/index\.cjs$/, from: /zod[\\/]v4[\\/]c(ore|lassic)[\\/]\w+\.cjs$/, gives: "namespace" },
  { request: /^\.\/ssh$/, from: /docker-modem[\\/]lib[\\/]modem\.js$/, gives: "function" },
];

interface Rule {
  /** What is required, as it is written. */
  readonly request: RegExp;
  /** File that requires it; without one, any. */
  readonly from?: RegExp;
  /** What it exports: names that are looked up when they are used, functions and classes taken out at once, or one function. */
  readonly gives: "namespace" | "members" | "function";
}

type Load = (request: string, parent: { filename?: string | null } | undefined, isMain: boolean) => unknown;
const loader = Module as unknown as { _load: Load };
const load = loader._load;

/** Stands for an object until one of its members is asked for. */
function lazyNamespace(now: () => object): unknown {
  return new Proxy({}, {
    // Said without looking: an importer that is told otherwise copies every member at once.
    get: (_target, key) => (key === "__esModule" ? true : Reflect.get(now(), key)),
    has: (_target, key) => Reflect.has(now(), key),
    ownKeys: () => Reflect.ownKeys(now()),
    getOwnPropertyDescriptor: (_target, key) => {
      const found = Reflect.getOwnPropertyDescriptor(now(), key);
      return found && { ...found, configurable: true };
    },
  });
}

/** Stands for a function or a class until it is called, made an instance of, or looked into. */
function lazyFunction(now: () => object): unknown {
  return new Proxy(function standIn() { /* Never called itself. */ }, {
    // Said without looking, as above: what is a function is no module.
    get: (_target, key) => (key === "__esModule" ? undefined : Reflect.get(now(), key)),
    apply: (_target, self, args) => Reflect.apply(now() as () => unknown, self, args),
    construct: (_target, args) => Reflect.construct(now() as new () => object, args),
  });
}

/** Stands for an object whose functions and classes are taken out before they are used. */
function lazyMembers(now: () => object): unknown {
  return new Proxy({}, { get: (_target, key) => (key === "__esModule" ? true : lazyFunction(() => Reflect.get(now(), key) as object)) });
}

const standIn = { namespace: lazyNamespace, members: lazyMembers, function: lazyFunction };

loader._load = function lightLoad(request, parent, isMain) {
  const rule = onlyWhenUsed.find((one) => one.request.test(request) && (one.from === undefined || one.from.test(parent?.filename ?? "")));
  if (rule === undefined) return load.call(Module, request, parent, isMain);
  let loaded: object | undefined;
  return standIn[rule.gives](() => (loaded ??= load.call(Module, request, parent, isMain) as object));
};
