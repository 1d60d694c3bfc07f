// What each room is there for, done once by mouse and keyboard.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";

import { launch, open, PHONE } from "./page.mjs";
import { copied, eventually, ledger, listBehind, load, native, pause, playTo, scenario, send, stepUntil, timeUs, traceHash } from "./run.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("the first page runs a cluster, and one click breaks it", async () => {
  const { page, close } = await open(browser, { at: "#/" });
  await page.waitForFunction(() => Number(document.querySelector("[data-time-us]").dataset.timeUs) > 0);
  await page.locator('[data-landing="act"]').click();
  await page.locator('[data-broker][data-state="crashed"]').waitFor();
  await close();
});

test("the typed key is hashed and lands where the command line says", async () => {
  const { page, close } = await open(browser, { at: "#/partitions" });
  for (const key of ["user-17", "", "Grüße, κόσμε"]) {
    await page.locator('[data-send="key"]').fill(key);
    const partitions = await page.locator("[data-hash-partition]").count().then(() => lanes(page));
    const [, , partition] = execFileSync(
      process.env.HIGHWATER_CLI,
      ["partition", "--partitioner", "murmur2", "--partitions", String(partitions), key],
      { encoding: "utf8" },
    )
      .trimEnd()
      .split("\t");
    await page.locator(`[data-hash-partition="${partition}"]`).waitFor();
  }
  await close();
});

/** How many partitions the topic on the stage has. */
async function lanes(page) {
  const run = JSON.parse(await copied(page));
  return run.topics[0].partitions;
}

test("a setting that a producer fixes starts a new session, and the copied run replays it", async () => {
  const { page, close } = await open(browser, { at: "#/batching" });
  await playTo(page, 100_000);
  const linger = page.locator('[data-setting="linger.ms"]').first();
  await linger.fill("40");
  await linger.blur();
  await playTo(page, (await timeUs(page)) + 300_000);
  const run = await copied(page);
  assert.match(run, /"linger\.ms"/);
  const report = await native(run);
  assert.equal(report.traceHash, await traceHash(page));
  assert.equal(report.ledger.sent, await ledger(page, "sent"));
  await close();
});

test("a copied run pasted back has the same trace hash at its end", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await playTo(page, 500_000);
  await page.locator('[data-fault^="crash-broker-"]').first().click();
  await playTo(page, (await timeUs(page)) + 500_000);
  const [text, hash, end] = [await copied(page), await traceHash(page), await timeUs(page)];
  const other = await open(browser, { at: "#/batching" });
  await pause(other.page);
  await other.page.locator('[data-run="paste"]').click();
  await other.page.locator('[data-run="paste-text"]').fill(text);
  await other.page.locator('[data-run="load"]').click();
  await other.page.waitForFunction((end) => Number(document.querySelector("[data-time-us]").dataset.timeUs) === end, end);
  await eventually(async () => assert.equal(await traceHash(other.page), hash));
  await other.close();
  await close();
});

test("a run that cannot be read says where, and leaves the page as it was", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await pause(page);
  const before = await traceHash(page);
  const bad = scenario({ producers: [{ name: "p1", config: { acks: "2" } }] });
  for (const [text, place] of [[JSON.stringify(bad), /acks/], ["<b>no scenario</b>", /line 1/]]) {
    if (!(await page.locator('[data-run="paste-text"]').count())) await page.locator('[data-run="paste"]').click();
    await page.locator('[data-run="paste-text"]').fill(text);
    await page.locator('[data-run="load"]').click();
    await page.locator("[role=alert]", { hasText: place }).first().waitFor();
    assert.equal(await traceHash(page), before);
  }
  await close();
});

test("a record that is too large is refused in Kafka's words", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await load(page, scenario({ producers: [{ name: "p1", config: { "max.request.size": 200 } }] }));
  await send(page, { key: "k", value: "fits" });
  await stepUntil(page, async () => (await ledger(page, "delivered")) === 1);
  await page.locator('[data-send="value"]').fill("x".repeat(200));
  await page.locator('[data-send="submit"]').click();
  await page.locator('[data-send="refusal"]', { hasText: "max.request.size" }).waitFor();
  await eventually(async () => assert.equal(await ledger(page, "failed"), 1));
  assert.equal(await ledger(page, "stored"), 1);
  await close();
});

test("null, empty and hex contents and null headers arrive as they were sent", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await load(page, scenario());
  await page.locator('[data-send="key-kind"]').selectOption("null");
  await page.locator('[data-send="value-kind"]').selectOption("hex");
  await page.locator('[data-send="value"]').fill("00ff");
  await page.locator('[data-send="headers"]').fill("trace=1\nnothing");
  await page.locator('[data-send="submit"]').click();
  await stepUntil(page, async () => (await ledger(page, "delivered")) === 1);
  const run = JSON.parse(await copied(page));
  const { record } = run.commands.find((command) => command.do === "send");
  assert.equal(record.key ?? null, null);
  assert.deepEqual(record.value, { hex: "00ff" });
  assert.deepEqual(record.headers, [
    { key: "trace", value: "1" },
    { key: "nothing", value: null },
  ]);
  const [id] = await listBehind(page, "delivered");
  await page.locator(`aside ol [data-record="${id}"]`).click();
  await page.locator('aside [data-inspected="record"]').waitFor();
  await eventually(async () => assert.match((await page.locator("aside").innerText()).replace(/\s+/g, " "), /00 ff/));
  await close();
});

test("by keyboard alone: play, pause, step, jump, change rooms", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await pause(page);
  await page.locator("#stage").focus();
  await page.keyboard.press("Space");
  await page.locator('[data-transport="pause"]').waitFor();
  await page.waitForFunction(() => Number(document.querySelector("[data-time-us]").dataset.timeUs) > 20_000);
  await page.keyboard.press("Space");
  await page.locator('[data-transport="play"]').waitFor();
  const at = await timeUs(page);
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction((at) => Number(document.querySelector("[data-time-us]").dataset.timeUs) > at, at);
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction((at) => Number(document.querySelector("[data-time-us]").dataset.timeUs) <= at, at);
  await page.keyboard.press("4");
  await page.locator('main[data-room="batching"]').waitFor();
  await page.keyboard.press("?");
  await page.locator("[role=dialog]").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("[role=dialog]").waitFor({ state: "detached" });
  await close();
});

test("by keyboard alone: a broker's faults are opened, and it is frozen and thawed", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await pause(page);
  await page.locator("#stage").focus();
  await tabTo(page, '[data-fault-menu="broker 2"] > summary');
  await page.keyboard.press("Enter");
  await tabTo(page, '[data-fault="freeze-broker-2"]');
  await page.keyboard.press("Enter");
  await page.locator('[data-broker="2"][data-state="frozen"]').waitFor();
  await page.locator('[data-fault="thaw-broker-2"]:focus').waitFor();
  await page.keyboard.press("Enter");
  await page.locator('[data-broker="2"][data-state="up"]').waitFor();
  await close();
});

/** Goes on by the tab key until the focus is there. */
async function tabTo(page, selector) {
  for (let pressed = 0; pressed < 60; pressed += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((selector) => document.activeElement?.matches(selector), selector)) return;
  }
  assert.fail(`${selector} is not reached by the tab key`);
}

test("on a phone a record is sent and seen", async () => {
  const { page, close } = await open(browser, { at: "#/acks", viewport: PHONE, hasTouch: true });
  await load(page, scenario());
  await send(page, { key: "ada", value: "from a phone" });
  await stepUntil(page, async () => (await ledger(page, "delivered")) === 1);
  await close();
});
