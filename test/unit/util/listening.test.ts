import { createServer, type AddressInfo } from "node:net";
import { isListenedOn } from "../../../util/listening";

test("a port is taken while somebody listens on it, on loopback too", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  expect(await isListenedOn(port)).toBe(true);
  await new Promise((resolve) => server.close(resolve));
  expect(await isListenedOn(port)).toBe(false);
});
