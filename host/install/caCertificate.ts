/** Folder, a volume of the release, in which its services find the certificate of a private authority. */
export const caFolder = "/etc/scani";

/**
 * The certificate's file, named to Node and Bun by NODE_EXTRA_CA_CERTS. The Handover writes it before it starts one.
 */
export const caFile = `${caFolder}/ca.pem`;
