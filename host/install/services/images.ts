import type { SettingName, Settings, Tier } from "../../../settings";
import { declares } from "./bundled";
import { servicesOf, type Service } from "./release";

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

/** The image of one of a release's services. Pure. */
export function releaseImage(settings: Settings<Tier>, service: Service): string {
  return `${settings.imageRepository}/${service}:${settings.SCANI_IMAGE_TAG}`;
}

/** The images a release's containers are made of, by service. Pure. */
export function releaseImages(settings: Settings<Tier>): Partial<Record<Service, string>> {
  return Object.fromEntries(servicesOf(settings.tier).map((service) => [service, releaseImage(settings, service)]));
}
