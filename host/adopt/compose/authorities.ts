import type { Engine } from "../../engine/engine";
import { scaniServices, variableOf, type ScaniParts } from "./project";
import { authorityVariable } from "./variables";

/** A file of certificates that one of Scani's containers trusts beside the public ones. */
export interface AuthorityFile {
  readonly container: string;
  readonly path: string;
  /** Those in it, PEM; none where it cannot be read. */
  readonly certificates: readonly string[];
}

/** Reads those files, once for each container that names one. */
export function readAuthorities(engine: Engine, parts: ScaniParts): Promise<AuthorityFile[]> {
  const named = scaniServices.flatMap((service) => {
    const one = parts[service];
    const path = variableOf(one, authorityVariable) ?? "";
    return one === undefined || path === "" ? [] : [{ id: one.id, container: one.name, path }];
  });
  return Promise.all(
    named.map(async ({ id, container, path }) => ({
      container,
      path,
      certificates: certificatesIn((await engine.readFile(id, path)) ?? ""),
    })),
  );
}

/** Certificates in a file, which may hold words between them. */
function certificatesIn(text: string): readonly string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

/** All of them as the setting `caCertificate` takes them; empty where there is none. Pure. */
export function caCertificateOf(files: readonly AuthorityFile[]): string {
  return [...new Set(files.flatMap(({ certificates }) => certificates))].join("\n");
}
