import type { SettingName, Settings, Tier } from "../../../settings";
import { declares } from "./bundled";
import { servicesOf, type Service } from "./release";

/** An image of base's, and the setting that names it. */
export interface BaseImage {
  readonly service: string;
  readonly setting: SettingName;
  readonly image: string;
}

/** Returns the images of base's containers. Pure. */
export function baseImages(settings: Settings<"base">): BaseImage[] {
  const services = (["postgres", "redis", "storage", "mail"] as const).filter((service) => declares(settings, service));
  return (["gateway", ...services] as const)
    .map((service) => ({ service, setting: `${service}Image` as const }))
    .map(({ service, setting }) => ({ service, setting, image: settings[setting] }));
}

/** Returns the image of one of a release's services. Pure. */
export function releaseImage(settings: Settings<Tier>, service: Service): string {
  return `${settings.imageRepository}/${service}:${settings.SCANI_IMAGE_TAG}`;
}

/** Returns the images of a release's containers, by service. Pure. */
export function releaseImages(settings: Settings<Tier>): Partial<Record<Service, string>> {
  return Object.fromEntries(servicesOf(settings.tier).map((service) => [service, releaseImage(settings, service)]));
}
