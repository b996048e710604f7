/**
 * Number of clients a load imitates: enough that each stays far below the 300 requests a minute Scani's api grants an
 * address.
 */
export const clients = 60;

/**
 * Returns the header that makes a request another client's: Scani prefers it to any other for a client's address, and
 * every front here passes it on.
 * @param number of the client; the first follows the last
 * @param network second byte of the address, so that clients with different requests never share one
 */
export function clientHeader(number: number, network = 77): Record<string, string> {
  return { "cf-connecting-ip": `10.${network}.0.${(number % clients) + 1}` };
}
