/**
 * Addresses the clients of a load play: enough that each stays far below the 300 requests a minute Scani's api grants
 * one.
 */
export const clients = 60;

/**
 * The header that makes a request another client's: Scani takes a client's address from it before any other, and every
 * front here passes it on.
 * @param number of the client; after the last comes the first again
 * @param network of clients that send other requests than these
 */
export function clientHeader(number: number, network = 77): Record<string, string> {
  return { "cf-connecting-ip": `10.${network}.0.${(number % clients) + 1}` };
}
