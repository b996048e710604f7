import type { Settings } from "../../settings";
import { bundles } from "./bundled";

/** A setting that names an image of base's, and the image. */
export interface BaseImage {
  readonly setting: string;
  readonly image: string;
}

/** The images base's containers are made of. Pure. */
export function baseImages(settings: Settings): BaseImage[] {
  const services = (["postgres", "redis", "storage", "mail"] as const).filter((service) => bundles(settings, service));
  return ["gateway", ...services]
    .map((service) => `${service}Image`)
    .map((setting) => ({ setting, image: settings.need(setting) }));
}
