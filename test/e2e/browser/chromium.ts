import { chromium, type Browser } from "playwright-core";
import { which } from "../../../ops/pulumi/which";

/** Path of the distribution's Chromium; undefined where there is none, and what needs a browser is skipped. */
export const chromiumPath = which("chromium", process.env.PATH);

/** `test`, or what counts as skipped where there is no Chromium. */
export const inBrowser: jest.It = chromiumPath === undefined ? test.skip : test;

/** Starts a browser without a window. It takes any certificate: a test's has no authority it knows. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--ignore-certificate-errors"] });
}
