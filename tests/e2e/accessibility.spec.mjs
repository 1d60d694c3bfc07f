// Every room, at a desk and on a phone, light and dark: axe finds nothing serious and nothing is cut off.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { cutOff, seriousViolations } from "./accessibility.mjs";
import { DESKTOP, launch, open, PHONE } from "./page.mjs";
import { listBehind, playTo } from "./run.mjs";

const ROOMS = ["#/", "#/log", "#/partitions", "#/cluster", "#/batching", "#/acks", "#/idempotence", "#/ring"];

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

for (const room of ROOMS) {
  for (const [place, viewport] of [["desk", DESKTOP], ["phone", PHONE]]) {
    for (const colorScheme of ["light", "dark"]) {
      test(`${room} at a ${place}, ${colorScheme}`, async () => {
        const { page, close } = await open(browser, { at: room, viewport, colorScheme });
        // A run that has come some way, with something inspected, has the most to show.
        if (await page.locator("[data-time-us]").count()) {
          await playTo(page, 300_000);
          await listBehind(page, "delivered");
        }
        assert.deepEqual(await seriousViolations(page), []);
        assert.deepEqual(await cutOff(page), []);
        await close();
      });
    }
  }
}
