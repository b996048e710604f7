import type { SettingName, Settings } from "../../settings";
import { declares } from "./bundled";

/** A setting that names an image of base's, and the image. */
export interface BaseImage {
  readonly service: string;
  readonly setting: SettingName;
  readonly image: string;
}

/** The images base's containers are made of. Pure. */
export function baseImages(settings: Settings<"base">): BaseImage[] {
  const services = (["postgres", "redis", "storage", "mail"] as const).filter((service) => declares(settings, service));
  return (["gateway", ...services] as const)
    .map((service) => ({ service, setting: `${service}Image` as const }))
    .map(({ service, setting }) => ({ service, setting, image: settings[setting] }));
}
