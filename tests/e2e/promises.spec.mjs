// What the settings promise, what breaks what they do not, and a lost response with and without idempotence.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, open } from "./page.mjs";
import { eventually, ledger, pause, playTo, timeUs } from "./run.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("what acks=1 does not promise is broken, told and played", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await pause(page);
  await page.locator('[data-promise="loss"][data-verdict="possible"]').waitFor();
  await page.locator('[data-break="loss"]').click();
  await page.locator('[data-search="found"]').waitFor({ timeout: 120_000 });
  assert.ok((await page.locator("[data-break-story] li").count()) > 1, "the story has its sentences");
  await page.locator("[data-break-story] li button").last().click();
  await eventually(async () => assert.ok((await ledger(page, "lost")) > 0, "the run on the stage shows what was looked for"));
  await close();
});

test("after a search and another seed the reader's own run can still be brought back", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await pause(page);
  const [preset, seed] = [page.locator('[data-run="preset"]'), page.locator('[data-run="seed"]')];
  const own = [await preset.inputValue(), await seed.inputValue(), await timeUs(page)];
  await page.locator('[data-break="loss"]').click();
  await page.locator('[data-search="found"]').waitFor({ timeout: 120_000 });
  await seed.fill("4711");
  await seed.blur();
  await eventually(async () => assert.equal(await seed.inputValue(), "4711"));
  await preset.locator("option:checked", { hasText: "found by Break it" }).waitFor({ state: "attached" });
  await page.locator('[data-run="back"]').click();
  await page.locator('[data-run="back"]').waitFor({ state: "detached" });
  await page.locator("[data-break-story]").waitFor({ state: "detached" });
  assert.equal(await page.locator('[data-search="found"]').count(), 0, "what was said of the run that was found is gone with it");
  await eventually(async () => assert.deepEqual([await preset.inputValue(), await seed.inputValue(), await timeUs(page)], own));
  await close();
});

test("a search can be stopped, and says how far it came", async () => {
  const { page, close } = await open(browser, { at: "#/cluster" });
  await pause(page);
  await page.locator('[data-promise="loss"][data-verdict="possible"]').waitFor();
  await page.locator('[data-break="loss"]').click();
  await page.locator('[data-break="stop"]').click();
  await page.locator('[data-search="stopped"]', { hasText: /Stopped after [\d,]+ schedules?\./ }).waitFor();
  await close();
});

test("a lost response is recognised with idempotence, and stands twice without", async () => {
  const { page, close } = await open(browser, { at: "#/idempotence" });
  await playTo(page, (await timeUs(page)) + 200_000);
  await loseResponse(page);
  await playTo(page, (await timeUs(page)) + 2_000_000);
  assert.equal(await ledger(page, "duplicates"), 0);
  await page.locator('[data-setting="enable.idempotence"]').first().selectOption("false");
  await playTo(page, (await timeUs(page)) + 1_000_000);
  await loseResponse(page);
  await playTo(page, (await timeUs(page)) + 2_000_000);
  assert.ok((await ledger(page, "duplicates")) > 0, "nobody recognised the batch that was sent again");
  await close();
});

/** Breaks the connection under the leader's next answer to the producer. */
async function loseResponse(page) {
  const tape = await page.locator('[data-tape^="orders.placed-0@"][data-role="leader"]').getAttribute("data-tape");
  const links = page.locator('[data-fault-menu="links"]');
  if (!(await links.evaluate((details) => details.open))) await page.locator('[data-fault-menu="links"] > summary').click();
  await page.locator(`[data-fault="lose-response-p1-broker-${tape.split("@")[1]}"]`).click();
}
