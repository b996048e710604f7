import type { Settings } from "../settings";

/** A setting that names an image of base's, and the image. */
export interface BaseImage {
  readonly setting: string;
  readonly image: string;
}

/** What is somebody else's where one of these settings is given; the gateway never is. */
const replacedBy: Readonly<Record<string, readonly string[]>> = {
  gatewayImage: [],
  postgresImage: ["DATABASE_URL"],
  redisImage: ["REDIS_URL"],
  storageImage: ["S3_ENDPOINT"],
  mailImage: ["SMTP_URL", "FASTMAIL_API_TOKEN"],
};

/** The images base's containers are made of. Pure. */
export function baseImages(settings: Settings): BaseImage[] {
  return Object.entries(replacedBy)
    .filter(([, others]) => !others.some((name) => settings.given(name)))
    .map(([setting]) => ({ setting, image: settings.need(setting) }));
}
