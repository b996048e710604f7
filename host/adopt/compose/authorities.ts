import type { Engine } from "../../engine/engine";
import { authorityVariable } from "../../install/services/releaseVariables";
import { scaniServices, variableOf, type ScaniParts } from "./project";

/** A file of certificates that one of Scani's containers trusts besides the public ones. */
export interface AuthorityFile {
  readonly container: string;
  readonly path: string;
  /** Its certificates, PEM; none where it cannot be read. */
  readonly certificates: readonly string[];
}

/** Reads the certificate files, once for each container that names one. */
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

/** Returns the certificates in a file, which may hold text between them. */
function certificatesIn(text: string): readonly string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

/** Joins all certificates for the setting `caCertificate`; empty where there is none. Pure. */
export function caCertificateOf(files: readonly AuthorityFile[]): string {
  return [...new Set(files.flatMap(({ certificates }) => certificates))].join("\n");
}
