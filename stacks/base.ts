import * as pulumi from "@pulumi/pulumi";
import { Base } from "../infra/base/base";
import { containerName } from "../infra/base/containerName";
import { dataPlaceOf } from "../infra/base/dataPlace";
import type { Settings } from "../infra/settings";
import { refuseUnlessFit } from "./guard";
import type { Host } from "./host";
import { valueIfKnown } from "./known";
import { providersOf } from "./providers";

/** What outlives every release. */
export async function baseStack(settings: Settings, host: Host): Promise<Record<string, pulumi.Output<unknown>>> {
  const { engine, host: own } = providersOf(settings);
  const place = dataPlaceOf(settings);
  const reading = Promise.all([host.stamps(place.install), host.evidence(place)]);
  reading.catch(() => undefined);
  await host.enter(containerName(place.install, "gateway"));
  const base = new Base(settings, { providers: [engine, own] });
  const [encryptionKey, databasePassword] = [base.secrets.get("ENCRYPTION_KEY"), base.secrets.get("POSTGRES_PASSWORD")];
  const [[stamps, evidence], ...secrets] = await Promise.all([reading, valueIfKnown(encryptionKey), valueIfKnown(databasePassword)]);

  await refuseUnlessFit(evidence, { place, baseStack: pulumi.getStack(), encryptionKey: secrets[0], databasePassword: secrets[1] });

  const madeWith = pulumi.secret(pulumi.output({ encryptionKey, databasePassword }).apply((made) => host.keep(evidence.kept, settings.need("POSTGRES_USER"), made)));
  const { platform, sockets } = base.declare(stamps, madeWith);
  return { platform, sockets };
}
