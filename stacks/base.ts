import * as pulumi from "@pulumi/pulumi";
import { Base } from "../infra/base/base";
import { containerName } from "../host/install/containerName";
import { dataPlaceOf } from "../host/install/dataPlace";
import { baseImages } from "../host/install/images";
import { setCommand, type Settings } from "../settings";
import { refuseMissing, refuseUnlessFit } from "./guard";
import type { Host } from "./host";
import { valueIfKnown } from "./known";
import { providersOf } from "./providers";

/** What outlives every release. */
export async function baseStack(
  settings: Settings<"base">,
  host: Host,
): Promise<Record<string, pulumi.Output<unknown>>> {
  const { engine, host: own } = providersOf(host.dockerHost);
  const place = dataPlaceOf(settings);
  const reading = Promise.all([host.stamps(place.install), host.evidence(place)]);
  const images = baseImages(settings);
  const looking = host.missing(images.map(({ image }) => image));
  for (const look of [reading, looking]) look.catch(() => undefined);
  await host.enter(containerName(place.install, "gateway"));
  const base = new Base(settings, { providers: [engine, own] });
  const [encryptionKey, databasePassword] = [base.secrets.get("ENCRYPTION_KEY"), base.secrets.get("POSTGRES_PASSWORD")];
  const [[stamps, evidence], ...secrets] = await Promise.all([
    reading,
    valueIfKnown(encryptionKey),
    valueIfKnown(databasePassword),
  ]);

  await refuseUnlessFit(evidence, {
    place,
    baseStack: pulumi.getStack(),
    encryptionKey: secrets[0],
    databasePassword: secrets[1],
  });
  const missing = await looking;
  const wrong = images.filter(({ image }) => missing.some((one) => one.image === image));
  refuseMissing(
    missing,
    wrong.map(({ setting }) => setCommand(setting, pulumi.getStack())),
  );

  const madeWith = pulumi.secret(
    pulumi
      .output({ encryptionKey, databasePassword })
      .apply((made) => host.keep(evidence.kept, settings.POSTGRES_USER, made)),
  );
  const { platform, sockets } = base.declare(stamps, madeWith);
  return { platform, sockets };
}
