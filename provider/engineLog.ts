import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** Sends lines to the Pulumi engine, which shows them beside the resource they are of. */
export class EngineLog {
  private readonly client: EngineClient;
  private pending: Promise<unknown> = Promise.resolve();

  /** @param address `host:port` of the engine, as it started this process with */
  constructor(address: string) {
    this.client = new EngineClient(address, grpc.credentials.createInsecure());
  }

  /** Shows one line. Lines come out in the order they were said. */
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

  /** Settles when every line so far has been taken. */
  flushed(): Promise<unknown> {
    return this.pending;
  }
}
