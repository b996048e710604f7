import { inBrowser, startBrowser } from "./chromium";
import type { Front } from "../../../lab/rehearse/signIn";
import type { ScaniPage, Statement } from "./pages";
import { watch, type Watched } from "./watched";
import type { Page } from "playwright-core";
import { clientHeader } from "../../../lab/clients";
import { changeSetting, policyFor, type HostedBucket, type StackSettings } from "../../../lab/throwaway";
import type { Scene } from "../scene";
import { repeatedly, until } from "../traffic";
import { startTlsProxy } from "./tlsProxy";

/** Milliseconds within which a page's websocket has to be back after a flip. */
const backWithin = 5_000;

/**
 * Returns settings under which a page that stays open may upload on either tier, since its policy is that of the
 * release it was loaded from.
 */
export function settings(bucket: HostedBucket): StackSettings {
  return { tier1: { soak: "1", CSP_CONNECT_SRC: policyFor(bucket) }, tier2: { soak: "1" } };
}

/** An install on which tier 1 serves, and its page. */
export interface Played {
  readonly front: Front;
  readonly statements: readonly Statement[];
  open(page: Page, front: Front): ScaniPage;
  /** Addresses and messages of failures to ignore. */
  readonly aside?: RegExp;
  readonly scene: Scene;
}

/** A user with a separate browser. */
interface User {
  readonly scani: ScaniPage;
  readonly watched: Watched;
  close(): Promise<void>;
}

let users = 0;

/** Opens a separate browser for a user, with its own client address: Scani grants an address six sign-ins an hour. */
async function newUser({ front, open, aside }: Played): Promise<User> {
  const browser = await startBrowser();
  const context = await browser.newContext();
  const address = clientHeader(users, 81);
  users += 1;
  await context.route(/\/api\/(sign-in|email-otp)\//, (route) =>
    route.continue({ headers: { ...route.request().headers(), ...address } }),
  );
  const page = await context.newPage();
  return { scani: open(page, front), watched: watch(page, aside), close: () => browser.close() };
}

/** Signs in, imports a statement of each kind and signs out, and expects no problem. */
async function visit(played: Played, email: string, signIn: (scani: ScaniPage) => Promise<void>): Promise<void> {
  const user = await newUser(played);
  try {
    await signIn(user.scani);
    await until(async () => user.watched.greeted() > 0, backWithin);
    for (const statement of played.statements) await user.scani.importStatement(statement);
    await user.scani.signOut();
    expect({ email, problems: user.watched.problems }).toEqual({ email, problems: [] });
  } finally {
    await user.close();
  }
}

/**
 * Declares the tests of a page as its user sees it: on tier 1, during a switch, on tier 2, after the switch back, and
 * behind a proxy that terminates TLS.
 */
export function playPage(played: () => Played): void {
  inBrowser(
    "tier 1: signs in by the mailed link and by a code, shows itself, holds its websocket, uploads, signs out",
    async () => {
      await visit(played(), "ada@example.org", (scani) => scani.signInByLink("ada@example.org"));
      await visit(played(), "grace@example.org", (scani) => scani.signInByCode("grace@example.org"));
    },
  );

  inBrowser(
    "a page that stays open over a switch and back: no reload, no request failed, its websocket back in time, uploads on every tier",
    async () => {
      const { watched, scani, close } = await newUser(played());
      try {
        await scani.signInByLink("open@example.org");
        const loads = watched.loads();
        for (const tier of ["tier2", "tier1"] as const) {
          const [greeted, requests] = [watched.greeted(), watched.requests()];
          const working = repeatedly(200, (round) => scani.work(round));
          await played().scene.up(tier);
          expect(await working.stop()).toBeGreaterThan(3);
          await until(async () => watched.greeted() > greeted, backWithin);
          await scani.importStatement(played().statements[0]);
          expect({ tier, problems: watched.problems }).toEqual({ tier, problems: [] });
          expect(watched.requests()).toBeGreaterThan(requests + 3);
          if (tier === "tier2")
            await visit(played(), "two@example.org", (user) => user.signInByLink("two@example.org"));
        }
        expect(watched.loads()).toBe(loads);
        expect(watched.gaps.length).toBeGreaterThanOrEqual(2);
        expect(Math.max(...watched.gaps)).toBeLessThanOrEqual(backWithin);
        await scani.signOut();
        expect(watched.problems).toEqual([]);
      } finally {
        await close();
      }
    },
  );

  inBrowser("behind a proxy that ends TLS on another port: signs in, holds its websocket, uploads", async () => {
    const { scene } = played();
    const proxy = await startTlsProxy(new URL(scene.place.url));
    try {
      changeSetting(scene.place, "base", "FRONTEND_URL", proxy.url);
      await scene.up("base");
      await scene.up("tier1");
      await visit({ ...played(), front: { ...scene.place, url: proxy.url } }, "secure@example.org", (scani) =>
        scani.signInByLink("secure@example.org"),
      );
    } finally {
      await proxy.stop();
    }
  });
}
