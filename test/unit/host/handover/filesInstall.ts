import { environmentIn } from "../../../../host/install/services/environment";
import { perform } from "../../../../host/handover/perform";
import { previewSwitch } from "../../../../host/handover/preview/previewSwitch";
import type { SwitchPreview } from "../../../../host/handover/preview/renderPreview";
import type { BaseOutputs } from "../../../../host/install/platform";
import { servicesOf } from "../../../../host/install/services/release";
import type { Tier } from "../../../../settings";
import { FakeInstall } from "../fakeInstall";

/** The release of each tier. */
export const releaseOf: Readonly<Record<Tier, string>> = { tier1: "r1", tier2: "r2" };

/** Creates an install on which one tier serves, with users' files in its bucket. */
export async function served(from: Tier): Promise<FakeInstall> {
  const host = new FakeInstall();
  host.declare("tier1", "r1");
  host.declare("tier2", "r2");
  host.serve(releaseOf[from]);
  await host.backedUp();
  const store = from === "tier1" ? host.home : host.away;
  for (const [key, by] of [
    ["documents/u/1.pdf", "row"],
    ["documents/u/2.pdf", "row"],
    ["temp/file-import/u/3.csv", "job"],
    ["temp/file-import/u/4.csv", "finished job"],
  ]) {
    host.named.push([key, by]);
    if (by !== "finished job") store.objects.set(key, `contents of ${key}`);
  }
  return host;
}

/** Brings a tier up. @returns the reported lines */
export async function go(host: FakeInstall, to: Tier, changes = {}): Promise<string[]> {
  const lines: string[] = [];
  await perform(
    host.engine,
    host.order(to, releaseOf[to], changes),
    (line) => lines.push(line),
    new AbortController().signal,
    200,
  ).catch((error: { why?: unknown }) => {
    throw error.why ?? error;
  });
  return lines;
}

/** Previews a switch to a declared release. */
export async function previewed(
  host: FakeInstall,
  tier: Tier,
  carryFiles: "yes" | "no" | undefined,
  release = releaseOf[tier],
): Promise<SwitchPreview> {
  const { wanted, stack, backups, minimumFreeDisk, soak } = host.order(tier, release);
  const environment = Object.fromEntries(
    servicesOf(tier).map((service) => [service, environmentIn(host.container(release, service).environment)]),
  );
  const base = { install: "scani", gateway: "scani-gateway", backups: backups.plan, stack: "base", services: [] };
  return previewSwitch(
    host.engine,
    base as unknown as BaseOutputs,
    { ...wanted, stack, carryFiles, minimumFreeDisk, soak, images: {}, environment },
    "/project",
  );
}
