import { opens } from "./envelope";

/** Number of stored credentials that are tried: one that opens is enough, but a single one may be damaged. */
const tried = 5;

/** Input for psql that prints the newest sealed credentials, a line each; nothing where Scani has no table of them yet. */
export const credentialQueries = `select to_regclass('public.user_integration_credentials') is not null as found \\gset
\\if :found
select 'credential ' || (encrypted_credentials ->> 'data') from public.user_integration_credentials
where encrypted_credentials ->> 'encrypted' = 'true' order by updated_at desc limit ${tried};
\\endif
`;

/** Returns sealed credentials from the queries' output, the newest first. Pure. */
export function credentialsIn(output: string): string[] {
  return output
    .split("\n")
    .filter((line) => line.startsWith("credential "))
    .map((line) => line.slice("credential ".length).trim());
}

/** True when a key opens any of these credentials. */
export async function anyOpens(credentials: readonly string[], key: string): Promise<boolean> {
  for (const credential of credentials) if (await opens(credential, key)) return true;
  return false;
}
