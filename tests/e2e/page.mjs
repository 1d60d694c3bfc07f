// The browser under test: opens the built page and holds it to the rules that every page keeps.
//
// The rules, checked when a page is closed: no violation of the Content-Security-Policy, no error on the console, no
// uncaught exception, and no request to another origin. Specs talk to the page through the stable hooks (data-…) only.

import { chromium } from "playwright-core";

import { ARGS } from "./chromium.mjs";

export const URL_BELOW = required("HIGHWATER_URL");
export const URL_AT_ROOT = required("HIGHWATER_ROOT_URL");

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run the browser tests with \`cargo xtask test browser\``);
  return value;
}

export function launch() {
  return chromium.launch({ executablePath: required("HIGHWATER_CHROMIUM"), args: ARGS });
}

/**
 * Opens the page in a context of its own and waits until it is mounted.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {{ at?: string, base?: string, viewport?: object, colorScheme?: "light" | "dark", reducedMotion?: "reduce" }} options
 *   `at` is the fragment, such as `#/log`.
 */
export async function open(browser, { at = "", base = URL_BELOW, viewport = DESKTOP, ...context } = {}) {
  const opened = await browser.newContext({ viewport, ...context });
  const page = await opened.newPage();
  const faults = await watch(page, new URL(base).origin);
  await page.goto(base + at);
  await ready(page);
  return { page, context: opened, faults, close: () => close(opened, faults) };
}

/** Waits until the application has taken the place of the loading state. */
export async function ready(page) {
  await page.locator("#app [data-room]").first().waitFor({ timeout: 30_000 });
}

/** Collects what a page must never do. */
async function watch(page, origin) {
  const faults = [];
  await page.exposeFunction("reportViolation", (sentence) => faults.push(sentence));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      window.reportViolation(`policy: ${event.violatedDirective} refused ${event.blockedURI} ${event.sample}`);
    });
  });
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`exception: ${error.message}`));
  page.context().on("request", (request) => {
    const target = new URL(request.url());
    if (target.protocol.startsWith("http") && target.origin !== origin) faults.push(`another origin: ${request.url()}`);
  });
  return faults;
}

async function close(context, faults) {
  await context.close();
  if (faults.length > 0) throw new Error(`the page broke its rules:\n  ${faults.join("\n  ")}`);
}
