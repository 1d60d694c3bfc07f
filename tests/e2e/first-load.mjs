// First visits to a page whose program notes which of its functions are called (`cargo xtask dist`, xtask/src/halves.rs). Prints their
// numbers, one a line: they make up the first load, all others are fetched while the page already runs.
//
// What a reader can do in the first seconds is done here: look, on a desk and on a phone, in both colour schemes; pause; crash the leader,
// at one moment or another. Whatever is forgotten works all the same, and is waited for if it is wanted at once.

import { chromium } from "playwright-core";

import { ARGS } from "./chromium.mjs";

const DESK = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true };

/** How the page is opened, and how long the reader looks before the crash. */
const VISITS = [
  [{ ...DESK, colorScheme: "light" }, 3_000],
  [{ ...DESK, colorScheme: "dark", reducedMotion: "reduce" }, 0],
  [{ ...PHONE, colorScheme: "light" }, 1_000],
  [{ ...PHONE, colorScheme: "dark", reducedMotion: "reduce" }, 500],
  [DESK, 250],
  [DESK, 1_700],
];

const browser = await chromium.launch({ executablePath: process.env.HIGHWATER_CHROMIUM, args: ARGS });
const called = new Set();
for (const [settings, looksMs] of VISITS) {
  const context = await browser.newContext({ ...settings, serviceWorkers: "block" });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.addInitScript(keepInstance);
  await page.goto(process.argv[2]);
  await firstSeconds(page, looksMs);
  for (const number of await page.evaluate(calledFunctions)) called.add(number);
  await context.close();
}
await browser.close();
console.log([...called].sort((one, other) => one - other).join("\n"));

/** In the page, before anything else: keeps the program, which the glue tells nobody. */
function keepInstance() {
  const instantiate = WebAssembly.instantiateStreaming;
  WebAssembly.instantiateStreaming = async (...args) => {
    const result = await instantiate.apply(WebAssembly, args);
    window.observed = result.instance;
    return result;
  };
}

/** In the page: the program's second memory has a byte for each function. */
function calledFunctions() {
  const bytes = new Uint8Array(window.observed.exports.called.buffer);
  return Array.from(bytes.keys()).filter((number) => bytes[number] !== 0);
}

async function firstSeconds(page, looksMs) {
  await page.locator("#app [data-room]").first().waitFor();
  await page.waitForTimeout(looksMs);
  const playOrPause = page.locator('[data-transport="pause"], [data-transport="play"]');
  if (looksMs > 0) {
    await playOrPause.click();
    await playOrPause.click();
  }
  await page.locator('[data-landing="act"]').click();
  await page.locator('[data-broker][data-state="crashed"]').waitFor();
  await page.waitForTimeout(1_000);
}
