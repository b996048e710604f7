import * as grpc from "@grpc/grpc-js";
import { EngineClient, EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { GetRootResourceRequest, GetRootResourceResponse } from "@pulumi/pulumi/proto/engine_pb";
import * as settings from "@pulumi/pulumi/runtime/settings";
import "../../../../ops/pulumi/ownConnections";

const { grpcClientOptions } = settings as unknown as { grpcClientOptions: object };

/** Starts an engine that answers one call. @param port 0 for any */
async function engineOn(port: number): Promise<{ port: number; end(): void }> {
  const server = new grpc.Server();
  const getRootResource = (_call: unknown, answer: (error: null, response: GetRootResourceResponse) => void) =>
    answer(null, new GetRootResourceResponse());
  server.addService(EngineService, { getRootResource });
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error, got) =>
      error ? reject(error) : resolve(got),
    ),
  );
  return { port: bound, end: () => server.forceShutdown() };
}

const ask = (client: EngineClient) =>
  new Promise<string>((resolve) =>
    client.getRootResource(new GetRootResourceRequest(), (error) => resolve(error?.message ?? "answered")),
  );

test("an engine on a port that another one had is reached", async () => {
  const first = await engineOn(0);
  const address = `127.0.0.1:${first.port}`;
  const credentials = grpc.credentials.createInsecure();
  const old = new EngineClient(address, credentials, grpcClientOptions);
  expect(await ask(old)).toBe("answered");
  first.end();
  // The old client has noticed that the engine is gone.
  expect(await ask(old)).toMatch(/UNAVAILABLE/);
  const second = await engineOn(first.port);
  const client = new EngineClient(address, credentials, grpcClientOptions);
  try {
    expect(await ask(client)).toBe("answered");
  } finally {
    for (const one of [old, client]) one.close();
    second.end();
  }
});
