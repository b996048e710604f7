import { chromium, type Browser } from "playwright-core";
import { makeOwnNetwork } from "./ownNetwork";
import { which } from "../../../util/process/which";

/**
 * Path of the distribution's Chromium; undefined if there is none, in which case tests that need a browser are skipped.
 */
export const chromiumPath = which("chromium", process.env.PATH);

/** `test`, or `test.skip` without Chromium. */
export const inBrowser: jest.It = chromiumPath === undefined ? test.skip : test;

/**
 * Starts a headless browser on a separate network. It accepts any certificate, since a test's has no authority it
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
