// The settings without a mouse: found by a word, explained in the focus, and what a change does to the producer that had the one before.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, open } from "./page.mjs";
import { eventually, pause } from "./run.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("a setting is found by a word, and tells its default and, in the focus, its sentence", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await page.getByRole("button", { name: "All settings" }).click();
  const rows = page.locator("fieldset [data-setting-row]");
  const all = await rows.count();
  await page.locator("[data-setting-search]").fill("no setting has this");
  await eventually(async () => assert.equal(await rows.count(), 0));
  await page.locator("text=No setting has this in its name").waitFor();
  await page.locator("[data-setting-search]").fill("Buffer.Memory");
  await eventually(async () => {
    const left = await rows.count();
    assert.ok(left > 0 && left < all, `${left} of ${all}`);
  });
  const row = page.locator('fieldset [data-setting-row="buffer.memory"]').first();
  await row.locator("text=default").waitFor();
  const field = row.locator("[data-setting]");
  const described = (await field.getAttribute("aria-describedby")).split(" ").map((id) => page.locator(`[id="${id}"]`));
  const help = described.at(-1);
  assert.ok(!(await help.isVisible()), "sixty sentences at once would be too many");
  await field.focus();
  await help.waitFor({ state: "visible" });
  await close();
});

test("a changed setting shows the new producer's slots, and what the one before still holds", async () => {
  const { page, close } = await open(browser, { at: "#/batching" });
  await pause(page);
  if (!(await page.locator('[data-setting="max.in.flight.requests.per.connection"]').count())) {
    await page.getByRole("button", { name: "All settings" }).click();
  }
  const field = page.locator('[data-setting="max.in.flight.requests.per.connection"]').first();
  await field.fill("1");
  await field.blur();
  await page.locator("[data-closing-session]", { hasText: "is closing, with the settings before" }).first().waitFor();
  const slots = page.locator('[aria-label^="In flight to broker"]');
  for (const label of await slots.evaluateAll((lists) => lists.map((list) => list.getAttribute("aria-label")))) {
    assert.match(label, /: [01] of 1$/);
  }
  await close();
});
