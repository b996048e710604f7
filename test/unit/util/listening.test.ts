import { createServer, type AddressInfo } from "node:net";
import { isListenedOn } from "../../../util/listening";

test("a port is taken while somebody listens on it, on loopback too", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  expect(await isListenedOn(port)).toBe(true);
  expect(await isListenedOn(port, "0.0.0.0")).toBe(true);
  expect(await isListenedOn(port, "127.0.0.1")).toBe(true);
  expect(await isListenedOn(port, "127.0.0.2")).toBe(false);
  // An address for documentation (RFC 5737), which no machine has.
  expect(await isListenedOn(port, "192.0.2.1")).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await isListenedOn(port)).toBe(false);
});
