// What a first-time reader needs to be told: what is waited for, why something is refused, what a sign means.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, open } from "./page.mjs";
import { eventually, ledger, load, pause, play, playTo, scenario, timeUs } from "./run.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("after a crash the first page says what it waits for, and jumps to the next leader and the answer", async () => {
  const { page, close } = await open(browser, { at: "#/" });
  const act = page.locator('[data-landing="act"]');
  await act.click();
  await page.locator('[data-broker][data-state="crashed"]').waitFor();
  await pause(page);
  await page.locator('[data-landing="answer"]', { hasText: /session runs out in [\d.,]+ (ms|s) of virtual time/ }).waitFor();
  assert.ok(await act.isDisabled(), "nobody leads, so there is nobody to crash");
  const before = await timeUs(page);
  await page.locator('[data-landing="next-leader"]').click();
  await page.waitForFunction((us) => Number(document.querySelector("[data-time-us]").dataset.timeUs) > us + 2_000_000, before);
  await page.locator("h2", { hasText: /broker [23] leads/ }).waitFor();
  assert.equal(await page.locator('[data-landing="next-leader"]').count(), 0, "there is a leader");
  await page.locator('[data-landing="act"]:enabled', { hasText: "Crash the leader" }).waitFor();
  await page.goto(`${page.url().split("#")[0]}#/log`);
  await page.locator('main[data-room="log"]').waitFor();
  await page.goto(`${page.url().split("#")[0]}#/`);
  await page.locator('[data-landing="act"]', { hasText: "Crash the leader" }).waitFor();
  await close();
});

test("a seek that finds nothing says why beside its field and leaves the last one in the picture", async () => {
  const { page, close } = await open(browser, { at: "#/log" });
  const field = (by) => page.locator(`input[data-seek="${by}"]`);
  const seek = async (by, text) => {
    await field(by).fill(text);
    await page.locator(`[data-seek="${by}-submit"]`).click();
  };
  const told = (by, text) => page.locator(`[data-seek="${by}-problem"]`, { hasText: text }).waitFor();
  const found = page.locator('[data-seek="found"]');
  await found.waitFor();
  const first = await found.innerText();
  for (const [text, why] of [["", "Type a whole number"], ["-1", "Offsets begin at 0"], ["abc", "is not a whole number"], ["999999", "not written yet"]]) {
    await seek("offset", text);
    await told("offset", why);
    assert.equal(await field("offset").inputValue(), text, "what was typed stays");
    assert.equal(await found.innerText(), first, `after "${text}"`);
  }
  await seek("timestamp", "");
  await told("timestamp", "Type a whole number");
  const note = await page.locator(".seek-form, form").filter({ hasText: "timestamps" }).first().innerText();
  const [oldest, newest] = note.match(/timestamps (\d+) to (\d+)/).slice(1).map(Number);
  await seek("timestamp", String(Math.round((oldest + newest) / 2)));
  await page.locator('[data-seek="time-index"]').waitFor();
  await page.locator('[data-seek="scan"]', { hasText: "largest timestamp" }).waitFor();
  await page.locator('[data-seek="found"]', { hasText: "The broker answers offset" }).waitFor();
  await seek("timestamp", String(newest + 1));
  await told("timestamp", "No record has the timestamp");
  await page.locator('[data-seek="found"]', { hasText: "The broker answers offset" }).waitFor();
  await close();
});

test("a pasted run's replicas are told as they are", async () => {
  const { page, close } = await open(browser, { at: "#/log" });
  await load(page, scenario());
  await page.locator('[aria-label="The log"]', { hasText: "leader, one of 3 replicas" }).waitFor();
  await close();
});

test("every wrong field of the send form is named at once, and each room has a form of its own", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await page.locator('[data-send="key-kind"]').selectOption("hex");
  await page.locator('[data-send="key"]').fill("0g");
  await page.locator('[data-send="headers"]').fill("raw=0x0g");
  await page.locator('[data-send="submit"]').click();
  const refusal = page.locator('[data-send="refusal"]');
  await refusal.locator("p", { hasText: "key:" }).waitFor();
  await refusal.locator("p", { hasText: "header raw:" }).waitFor();
  await page.locator("header a[href='#/batching']").click();
  await page.locator('main[data-room="batching"]').waitFor();
  assert.equal(await page.locator('[data-send="key"]').inputValue(), "user-17");
  await page.locator("header a[href='#/acks']").click();
  await page.locator('main[data-room="acks"]').waitFor();
  assert.equal(await page.locator('[data-send="key"]').inputValue(), "0g");
  await close();
});

test("a send that waited in vain for metadata says so in the form", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await load(page, scenario({ producers: [{ name: "p1", config: { "max.block.ms": 200 } }] }));
  await page.locator('[data-send="partition"]').fill("9");
  await page.locator('[data-send="submit"]').click();
  await page.waitForFunction(() => document.querySelector('[data-ledger="sent"]').textContent === "1");
  assert.equal(await page.locator('[data-send="refusal"] p').count(), 0, "it waits");
  await playTo(page, 400_000);
  assert.equal(await ledger(page, "failed"), 1);
  await page.locator('[data-send="refusal"]', { hasText: "not present in metadata after 200 ms" }).waitFor();
  await close();
});

test("a pasted run that is refused stays in its field", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await page.locator('[data-run="paste"]').click();
  await page.locator('[data-run="paste-text"]').fill("no run");
  await page.locator('[data-run="load"]').click();
  await page.locator("[role=alert]", { hasText: "This is not a run" }).waitFor();
  assert.equal(await page.locator('[data-run="paste-text"]').inputValue(), "no run");
  await close();
});

test("the keys of the run do nothing behind the help", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await pause(page);
  const at = await timeUs(page);
  await page.keyboard.press("?");
  await page.locator("[role=dialog]").waitFor();
  await page.locator("[role=dialog] h1").click();
  for (const key of ["Space", "ArrowRight", "4"]) await page.keyboard.press(key);
  await page.keyboard.press("Escape");
  await page.locator("[role=dialog]").waitFor({ state: "detached" });
  assert.equal(await timeUs(page), at);
  assert.equal(await page.locator('[data-transport="play"]').count(), 1);
  assert.equal(await page.locator('main[data-room="acks"]').count(), 1);
  await close();
});

test("a changed setting shows two sessions, and why the old one closes", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await playTo(page, 400_000);
  await page.locator('[data-setting="acks"]').first().selectOption("all");
  const closing = page.locator('[data-producer="p1"][data-session-open="false"]');
  await closing.locator("text=settings of a producer cannot change").waitFor();
  await closing.locator("text=acks=1").waitFor();
  await page.locator('[data-producer="p1"][data-session-open="true"]', { hasText: "acks=all" }).waitFor();
  await close();
});

test("the transport stays where it is while figures grow, and a mark is told in words", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  const place = () => page.locator('[data-transport="step-forward"]').boundingBox();
  const before = await place();
  await playTo(page, 2_000_000);
  await page.locator('[data-fault^="crash-broker-"]').first().click();
  await page.locator('[data-mark-told]', { hasText: /crash: broker \d crashed · / }).waitFor();
  await page.locator('[data-mark="crash"]').first().waitFor();
  assert.deepEqual(await place(), before);
  await play(page);
  await pause(page);
  await close();
});

test("where no mark is to come, the jump says so and stays", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  const before = await timeUs(page);
  await page.locator('[data-transport="next-mark"]').click();
  await page.locator("[data-notice]", { hasText: "No mark in the 30 s to come" }).waitFor();
  assert.equal(await timeUs(page), before);
  await close();
});

test("a key that is not hex is said not to be hex, beside the hash too", async () => {
  const { page, close } = await open(browser, { at: "#/partitions" });
  await page.locator('[data-send="key-kind"]').selectOption("hex");
  await page.locator('[data-send="key"]').fill("zz");
  await page.locator('[aria-label="Key hashing"]', { hasText: "hex" }).waitFor();
  await close();
});

test("a demonstration says what it proves at the top of the lesson, and opens before its first command", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  const list = page.locator('[data-run="preset"]');
  const option = list.locator("optgroup").nth(1).locator("option", { hasText: "acks one loses on clean failover" });
  await list.selectOption(await option.getAttribute("value"));
  await page.locator('.lesson [data-run="proves"]').first().waitFor();
  await eventually(async () => assert.ok((await timeUs(page)) > 0, "the stage is not empty"));
  await close();
});
