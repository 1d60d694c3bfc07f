// Opens the benchmark's page and prints the figures that it puts onto its root element when it is done.

import { chromium } from "playwright-core";

import { ARGS } from "./chromium.mjs";

const browser = await chromium.launch({ executablePath: process.env.HIGHWATER_CHROMIUM, args: ARGS });
const page = await browser.newPage();
page.on("pageerror", (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
await page.goto(process.argv[2]);
await page.waitForFunction(() => document.documentElement.dataset.report, null, { timeout: 300_000 });
console.log(await page.evaluate(() => document.documentElement.dataset.report));
await browser.close();
