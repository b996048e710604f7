/*
 * The stand-in page: it signs in, keeps a websocket and uploads as Scani's page does, with the same client library and
 * the same calls. Tests can rely on:
 *
 *   body[data-view]     loading, anonymous, signed-in, unreachable
 *   #message            what the last step reported; an error begins with "Failed: "
 *   #sign-in            the form: #email, #send-link (default), #send-code, #code, #verify-code
 *   #signed-in          shown with a session: #user-email; #tier, #version, #instance of the api, asked every second
 *   #asked, #failed     how often that was asked, and how often there was no answer
 *   #realtime           disconnected, connecting, connected, reconnecting
 *   #connections        how often the api has greeted this page
 *   #file, #upload      a statement and the button that sends it
 *   #import-state       idle, account, upload, parse, queued, active, completed, failed
 *   #import-result      "3 transactions", or why it failed
 *   #sign-out
 */

import { apiUrl, auth, trpc } from "./api";
import { element, setText, setView } from "./elements";
import { keepInTouch, type Realtime } from "./realtime";
import { importStatement } from "./statement";

/** Milliseconds between two requests that ask which release answers. */
const askEvery = 1_000;

let realtime: Realtime | undefined;
let asking: number | undefined;

/** Performs a step for the user and shows the outcome. */
async function step(done: string, work: () => Promise<void>): Promise<void> {
  setText("message", "");
  try {
    await work();
    setText("message", done);
  } catch (error) {
    setText("message", `Failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Returns the data of better-auth's client. @throws Error when it answered an error */
function good<T>({ data, error }: { data: T; error: { status: number; message?: string } | null }): T {
  if (error !== null) throw new Error(`${error.status} ${error.message ?? ""}`);
  return data;
}

/** Shows the signed-in user, or that there is none. A failed request does not mean that the session has ended. */
async function showSession(): Promise<void> {
  let session;
  try {
    session = good(await auth.getSession());
  } catch {
    return setView("unreachable");
  }
  if (session === null) return showAnonymous();
  setText("user-email", session.user.email);
  setView("signed-in");
  realtime ??= keepInTouch();
  asking ??= window.setInterval(() => void askRelease(), askEvery);
  await askRelease();
}

function showAnonymous(): void {
  realtime?.end();
  window.clearInterval(asking);
  [realtime, asking] = [undefined, undefined];
  setView("anonymous");
}

const counts = { asked: 0, failed: 0 };

async function askRelease(): Promise<void> {
  counts.asked += 1;
  try {
    const answer = await fetch(`${apiUrl}/whoami`, { credentials: "include" });
    if (!answer.ok) throw new Error(String(answer.status));
    const release = (await answer.json()) as { tier: string; version: string; instance: string };
    for (const name of ["tier", "version", "instance"] as const) setText(name, release[name]);
  } catch {
    counts.failed += 1;
  }
  setText("asked", String(counts.asked));
  setText("failed", String(counts.failed));
}

const email = () => element("email", HTMLInputElement).value;

element("sign-in", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void step(
    "The link is on its way.",
    async () =>
      void good(await auth.signIn.magicLink({ email: email(), callbackURL: `${location.origin}/auth/callback` })),
  );
});
element("send-code", HTMLButtonElement).addEventListener("click", () => {
  void step(
    "The code is on its way.",
    async () => void good(await auth.emailOtp.sendVerificationOtp({ email: email(), type: "sign-in" })),
  );
});
element("verify-code", HTMLButtonElement).addEventListener("click", () => {
  void step("Signed in.", async () => {
    good(await auth.signIn.emailOtp({ email: email(), otp: element("code", HTMLInputElement).value }));
    await showSession();
  });
});
element("sign-out", HTMLButtonElement).addEventListener("click", () => {
  void step("Signed out.", async () => {
    good(await auth.signOut());
    await showSession();
  });
});
element("upload", HTMLButtonElement).addEventListener("click", () => {
  const file = element("file", HTMLInputElement).files?.[0];
  void step("Imported.", async () => {
    if (file === undefined) throw new Error("no file was chosen");
    await importStatement(file, trpc);
  });
});
window.addEventListener("focus", () => void showSession());
window.addEventListener("online", () => void showSession());
void showSession();
