import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import { servesEngine } from "../protocol/process";
import { languageService } from "./service";

void servesEngine("nodejs language host", (announce, engine) => ({
  definition: LanguageRuntimeService,
  implementation: languageService(announce, engine),
}));
