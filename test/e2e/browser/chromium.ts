import { chromium, type Browser } from "playwright-core";
import { makeOwnNetwork } from "./ownNetwork";
import { which } from "../../../util/process/which";

/** Path of the distribution's Chromium; undefined where there is none, and what needs a browser is skipped. */
export const chromiumPath = which("chromium", process.env.PATH);

/** `test`, or what counts as skipped where there is no Chromium. */
export const inBrowser: jest.It = chromiumPath === undefined ? test.skip : test;

/**
 * Starts a browser without a window, on a network of its own. It takes any certificate: a test's has no authority it
 * knows.
 */
export async function startBrowser(): Promise<Browser> {
  const network = await makeOwnNetwork();
  const options = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--ignore-certificate-errors",
  ];
  // Loopback addresses go through the proxy too: the site listens on this process's loopback interface, not on the
  // browser's.
  const proxied = [`--proxy-server=${network.proxy}`, "--proxy-bypass-list=<-loopback>"];
  const browser = await chromium
    .launch({ executablePath: network.wrap(chromiumPath as string), args: [...options, ...proxied] })
    .catch((error: unknown) => {
      network.close();
      throw error;
    });
  browser.on("disconnected", network.close);
  return browser;
}
