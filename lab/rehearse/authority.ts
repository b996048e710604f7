import { createCA, createCert } from "mkcert";

/** A private certificate authority and one certificate it signed, all PEM. */
export interface Authority {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** Creates an authority and a certificate for one host name, valid for a day. */
export async function makeAuthority(host: string): Promise<Authority> {
  const ca = await createCA({
    organization: "Scani rehearsal",
    countryCode: "NL",
    state: "-",
    locality: "-",
    validity: 1,
  });
  const { cert, key } = await createCert({ ca: { key: ca.key, cert: ca.cert }, domains: [host], validity: 1 });
  return { ca: ca.cert, certificate: cert, key };
}
