import * as settings from "@pulumi/pulumi/runtime/settings";

/**
 * A program that runs in the command's own process talks to a new engine in each run, over ports of this machine; and
 * the system may reuse a port that an earlier run's engine had. grpc keeps its state of an address for the whole
 * process, so that the new engine would be taken for the one that is gone
 * (docs/decisions/0015-connections-of-its-own.md).
 */

/** Options the SDK exports but leaves out of its types. */
const { grpcClientOptions } = settings as unknown as { grpcClientOptions: Record<string, unknown> };

grpcClientOptions["grpc.use_local_subchannel_pool"] = 1;
