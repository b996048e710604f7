import { Metadata, status, type ServiceError } from "@grpc/grpc-js";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { HalfMade } from "./resource";

/**
 * Converts an error to the engine's form; for a half-made resource it includes the id, so that the resource is not
 * lost.
 */
export function serviceError(error: unknown): Partial<ServiceError> {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof HalfMade)) return { code: status.UNKNOWN, details: message };

  const half = new ErrorResourceInitFailed();
  half.setId(error.id);
  half.setProperties(Struct.fromJavaScript(error.outputs));
  half.setReasonsList([message]);
  const detail = new Any();
  detail.pack(half.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const whole = new Status();
  whole.setCode(status.UNKNOWN);
  whole.setMessage(message);
  whole.addDetails(detail);
  const metadata = new Metadata();
  // Go's gRPC, and so the engine, looks here for the details of an error.
  metadata.add("grpc-status-details-bin", Buffer.from(whole.serializeBinary()));
  return { code: status.UNKNOWN, details: message, metadata };
}
