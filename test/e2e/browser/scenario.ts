import { inBrowser, startBrowser } from "./chromium";
import type { Front, ScaniPage, Statement } from "./pages";
import { watch, type Watched } from "./watched";
import type { Page } from "playwright-core";
import { policyFor, type HostedBucket, type StackSettings } from "../../../ops/throwaway";
import { repeatedly, until } from "../traffic";

/** Milliseconds within which a page's websocket is back after a flip. */
const backWithin = 5_000;

/** Settings under which a page that stays open may upload on either tier: its policy is that of the release it was loaded from. */
export function settings(bucket: HostedBucket): StackSettings {
  return { tier1: { soak: "1", CSP_CONNECT_SRC: policyFor(bucket) }, tier2: { soak: "1" } };
}

/** What is played: an install on which tier 1 serves, and its page. */
export interface Played {
  readonly front: Front;
  readonly statements: readonly Statement[];
  open(page: Page, front: Front): ScaniPage;
  /** Addresses and words of failures that are nobody's here. */
  readonly aside?: RegExp;
  up(tier: "tier1" | "tier2"): Promise<unknown>;
}

/** A user at a browser of their own. */
interface User {
  readonly scani: ScaniPage;
  readonly watched: Watched;
  close(): Promise<void>;
}

/** Declares the tests of a page as its user has it: on tier 1, over a switch, on tier 2, and after the way back. */
export function playPage(played: () => Played): void {
  const newUser = async (): Promise<User> => {
    const { front, open, aside } = played();
    const browser = await startBrowser();
    const context = await browser.newContext();
    const page = await context.newPage();
    return { scani: open(page, front), watched: watch(page, aside), close: () => browser.close() };
  };

  /** Signs in, reads a statement of each kind, signs out. */
  const visit = async (email: string, signIn: (scani: ScaniPage) => Promise<void>): Promise<void> => {
    const user = await newUser();
    try {
      await signIn(user.scani);
      await until(async () => user.watched.greeted() > 0, backWithin);
      for (const statement of played().statements) await user.scani.importStatement(statement);
      await user.scani.signOut();
      expect({ email, problems: user.watched.problems }).toEqual({ email, problems: [] });
    } finally {
      await user.close();
    }
  };

  inBrowser("tier 1: signs in by the mailed link and by a code, shows itself, holds its websocket, uploads, signs out", async () => {
    await visit("ada@example.org", (scani) => scani.signInByLink("ada@example.org"));
    await visit("grace@example.org", (scani) => scani.signInByCode("grace@example.org"));
  });

  inBrowser("a page that stays open over a switch and back: no reload, no request failed, its websocket back in time, uploads on every tier", async () => {
    const { watched, scani, close } = await newUser();
    try {
      await scani.signInByLink("open@example.org");
      const loads = watched.loads();
      for (const tier of ["tier2", "tier1"] as const) {
        const [greeted, requests] = [watched.greeted(), watched.requests()];
        const working = repeatedly(200, (round) => scani.work(round));
        await played().up(tier);
        expect(await working.stop()).toBeGreaterThan(3);
        await until(async () => watched.greeted() > greeted, backWithin);
        await scani.importStatement(played().statements[0] as Statement);
        expect({ tier, problems: watched.problems }).toEqual({ tier, problems: [] });
        expect(watched.requests()).toBeGreaterThan(requests + 3);
        if (tier === "tier2") await visit("two@example.org", (user) => user.signInByLink("two@example.org"));
      }
      expect(watched.loads()).toBe(loads);
      expect(watched.gaps.length).toBeGreaterThanOrEqual(2);
      expect(Math.max(...watched.gaps)).toBeLessThanOrEqual(backWithin);
      await scani.signOut();
      expect(watched.problems).toEqual([]);
    } finally {
      await close();
    }
  });
}
