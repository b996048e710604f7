import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** Sends lines to the Pulumi engine, which shows them with the resource they belong to. */
export class EngineLog {
  private readonly client: EngineClient;
  private pending: Promise<unknown> = Promise.resolve();

  /** @param address `host:port` of the engine, as it passed it to this process */
  constructor(address: string) {
    this.client = new EngineClient(address, grpc.credentials.createInsecure());
  }

  /** Shows one line. Lines come out in the order of the calls. */
  info(urn: string, line: string): void {
    const request = new LogRequest();
    request.setSeverity(LogSeverity.INFO);
    request.setUrn(urn);
    request.setMessage(line);
    this.pending = this.pending.then(
      () =>
        new Promise<void>((resolve) => {
          this.client.log(request, () => resolve());
        }),
    );
  }

  /** Settles when the engine has accepted every line so far. */
  flushed(): Promise<unknown> {
    return this.pending;
  }
}
