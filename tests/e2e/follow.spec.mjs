// The main job: a typed record is sent and followed through hashing, batch, wire, append, replication and answer, to its bytes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, open } from "./page.mjs";
import { assertSamePicture, eventually, ledger, load, picture, playTo, scenario, scrubTo, send, step, stepUntil, timeUs } from "./run.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("a typed record is followed from the form to the ledger", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await load(page, scenario({ producers: [{ name: "p1", config: { acks: "all" } }] }));
  const value = "hello high watermark";
  const id = await send(page, { key: "ada", value });
  await eventually(async () => assert.equal(await ledger(page, "pending"), 1));

  const onTape = (broker) => page.locator(`[data-broker="${broker}"] [data-tape^="orders-0"] [data-record="${id}"]`);
  const leader = () => page.locator('[data-tape^="orders-0@"][data-role="leader"]');
  await stepUntil(page, () => leader().locator(`[data-record="${id}"]`).count());
  assert.equal(await leader().locator(`[data-record="${id}"]`).first().getAttribute("data-offset"), "0");
  assert.equal(await leader().getAttribute("data-leo"), "1");
  assert.equal(await leader().getAttribute("data-hw"), "0", "appended, and not safe yet");
  assert.equal(await ledger(page, "delivered"), 0, "acks=all waits for the followers");
  for (const broker of [1, 2, 3]) await stepUntil(page, () => onTape(broker).count());
  await stepUntil(page, async () => (await ledger(page, "delivered")) === 1);
  await eventually(async () => {
    assert.equal(await ledger(page, "committed"), 1);
    assert.equal(await ledger(page, "pending"), 0);
    assert.equal(await leader().getAttribute("data-hw"), "1");
  });

  await leader().locator(`[data-record="${id}"]`).first().click();
  const inspector = page.locator("aside");
  // The list behind `sent` stood there before, with the same record in it.
  await inspector.locator('[data-inspected="record"]').waitFor();
  await eventually(async () => {
    assert.match(await inspector.innerText(), /ada/, "the inspector names the key");
    const rows = await inspector.locator('section[aria-label="Bytes"] button > span:first-child').allInnerTexts();
    const hex = rows.join("").replace(/\s/g, "");
    assert.ok(hex.includes(Buffer.from(value).toString("hex")), `the inspector shows the value's bytes, not ${hex}`);
  });
  await close();
});

test("stepping and scrubbing back and forth shows the same picture", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await playTo(page, 400_000);
  await scrubTo(page, 250_000);
  await step(page);
  const seen = [];
  for (let made = 0; made < 8; made += 1) {
    seen.push([await timeUs(page), await picture(page)]);
    await step(page);
  }
  for (const [us, expected] of seen.reverse()) {
    await step(page, "back");
    assert.equal(await timeUs(page), us);
    assertSamePicture(await picture(page), expected, `at ${us} µs, stepped back`);
  }
  for (const [us, expected] of seen) {
    await scrubTo(page, us);
    assertSamePicture(await picture(page), expected, `at ${us} µs, scrubbed`);
  }
  await close();
});

test("a request in flight is painted where it is on its wire", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  const slow = { client: { latencyUs: 40_000 } };
  await load(page, scenario({ links: slow, partitions: 3, producers: [{ name: "p1", config: { acks: "1", "linger.ms": 0 } }] }));
  // The wire to the last broker is a long one.
  await page.locator('[data-send="partition"]').fill("2");
  await send(page, { key: "ada", value: "on its way" });
  const flight = page.locator('[data-flight][data-kind="produce"]');
  await stepUntil(page, () => flight.count());
  const [sent, arrives] = await flight.evaluate(({ dataset }) => [Number(dataset.sentUs), Number(dataset.arrivesUs)]);
  for (const fraction of [0.25, 0.5, 0.8]) {
    const at = Math.round(sent + (arrives - sent) * fraction);
    await playTo(page, at).then(() => scrubTo(page, at));
    const { here, elsewhere } = await painted(page, flight, fraction);
    assert.ok(here > 0, `something is painted at ${fraction} of the wire`);
    assert.equal(elsewhere, 0, "and nothing far from it");
  }
  await close();
});

/** Opaque pixels of the canvas around a fraction of the flight's wire, and far from it on the same wire. */
function painted(page, flight, fraction) {
  return flight.evaluate(
    (hit, fraction) => {
      const [from, to] = hit.dataset.wire.split(">");
      const there = document.querySelector(`#stage path[data-wire="${from}>${to}"]`);
      const wire = there ?? document.querySelector(`#stage path[data-wire="${to}>${from}"]`);
      const share = there ? fraction : 1 - fraction;
      const canvas = document.querySelector("#stage canvas");
      const scale = canvas.width / canvas.getBoundingClientRect().width;
      const context = canvas.getContext("2d");
      const count = (share) => {
        const point = wire.getPointAtLength(wire.getTotalLength() * share);
        const side = 6 * scale;
        const { data } = context.getImageData(point.x * scale - side / 2, point.y * scale - side / 2, side, side);
        return data.filter((_, at) => at % 4 === 3).filter((alpha) => alpha > 128).length;
      };
      const far = share > 0.5 ? share - 0.5 : share + 0.5;
      return { here: count(share), elsewhere: count(far) };
    },
    fraction,
  );
}

test("acting in the past cuts the tail, and one click brings it back", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await playTo(page, 300_000);
  const end = await timeUs(page);
  const before = await picture(page);
  await scrubTo(page, 150_000);
  await page.locator('[data-fault="crash-broker-1"]').click();
  await page.locator('[data-broker="1"][data-state="crashed"]').waitFor();
  await page.locator('[data-transport="bring-back"]').click();
  await scrubTo(page, end);
  assert.equal(await page.locator('[data-broker="1"]').getAttribute("data-state"), "up");
  assertSamePicture(await picture(page), before, "brought back");
  await close();
});
