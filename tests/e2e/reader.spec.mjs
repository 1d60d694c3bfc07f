// What a first-time reader needs to be told: what is waited for, why something is refused, what a sign means.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { launch, open, PHONE } from "./page.mjs";
import { copied, eventually, ledger, load, pause, play, playTo, scenario, timeUs } from "./run.mjs";

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
  await closing.locator("text=with the settings before").waitFor();
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
  await page.locator('[data-mark-told]', { hasText: / ms · crash: broker \d crashed/ }).waitFor();
  await page.locator('[data-mark~="crash"]').first().waitFor();
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
  const folder = new URL("../scenarios/demonstrations/acks-one-loses-on-clean-failover/", import.meta.url);
  const read = async (file) => JSON.parse(await readFile(new URL(file, folder), "utf8"));
  const [{ proves }, { commands }] = [await read("expected.json"), await read("scenario.json")];
  const { page, close } = await open(browser, { at: "#/acks" });
  const list = page.locator('[data-run="preset"]');
  const option = list.locator("optgroup").nth(1).locator("option", { hasText: "acks one loses on clean failover" });
  await list.selectOption(await option.getAttribute("value"));
  const lesson = page.getByRole("region", { name: "Lesson" });
  const told = lesson.locator('[data-run="proves"]');
  await told.waitFor();
  assert.equal(await told.innerText(), proves);
  const [words, title] = [await told.boundingBox(), await lesson.locator("h1").boundingBox()];
  assert.ok(words.y + words.height <= title.y, "it stands above what the room is about");
  await eventually(async () => assert.equal(await timeUs(page), commands[0].atUs - 1));
  const run = JSON.parse(await copied(page));
  assert.equal(run.endUs, commands[0].atUs - 1);
  assert.equal(run.commands.length, commands.length, "the copy has them still to come");
  assert.ok((await page.locator("[data-tape] [data-record]").count()) > 0, "the stage is not empty");
  await close();
});

/** Elements that match and whose content or edges stick out of the element around them that matches `around`, as text. */
const stickingOut = (page, selector, around) =>
  page.locator(selector).evaluateAll(
    (elements, around) =>
      elements
        .filter((element) => {
          const [own, outer] = [element.getBoundingClientRect(), element.closest(around).getBoundingClientRect()];
          const out = own.width > 0 && (own.right > outer.right + 1 || own.left < outer.left - 1);
          return out || element.scrollWidth > element.clientWidth + 1;
        })
        .map((element) => element.textContent),
    around,
  );

/** Asserts that each tape ends with its newest record, and that nothing on it is cut off, also while the inspector takes room. */
async function tapesAreWhole(page) {
  for (const inspected of [false, true]) {
    if (inspected) await page.locator("[data-tape] [data-record]").last().click();
    await page.waitForTimeout(300);
    assert.deepEqual(await stickingOut(page, "[data-tape] [data-record], [data-tape] [data-gap]", "[data-tape]"), []);
    for (const tape of await page.locator("[data-tape]").all()) {
      const newest = String(Number(await tape.getAttribute("data-leo")) - 1);
      assert.equal(await tape.locator("[data-offset]").last().innerText(), newest);
    }
  }
}

test("on a phone the opened ledger leaves the playback where it can be reached", async () => {
  const { page, close } = await open(browser, { at: "#/acks", viewport: PHONE });
  await page.locator('section[aria-label="Ledger"] > button[aria-expanded]').click();
  await page.locator('section[aria-label="Ledger"][data-open="true"] table').waitFor();
  for (const control of ["play", "step-back", "step-forward", "next-mark", "speed"]) {
    const box = await page.locator(`[data-transport="${control}"]`).boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= PHONE.width, `${control} stands at ${box.x}`);
  }
  const { scroll, seen } = await page.locator("footer").evaluate((foot) => ({ scroll: foot.scrollWidth, seen: foot.clientWidth }));
  assert.ok(scroll <= seen, `the bar is ${scroll} wide and ${seen} are seen`);
  await close();
});

test("on a phone what is tapped is shown at once, and closed again", async () => {
  const { page, close } = await open(browser, { at: "#/acks", viewport: PHONE });
  await page.locator("[data-tape] [data-record]").first().click();
  const head = page.locator('aside [data-inspected="record"]');
  await head.waitFor();
  await eventually(async () => {
    const [box, foot] = [await head.boundingBox(), await page.locator("footer").boundingBox()];
    assert.ok(box.y > 0 && box.y + box.height < foot.y, `it stands at ${box.y}, above the bars at ${foot.y}`);
  });
  await page.locator('[data-inspect="close"]').click();
  await page.locator("aside").waitFor({ state: "detached" });
  await close();
});

test("the stage has the room of the inspector until something is inspected", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  assert.equal(await page.locator("aside").count(), 0);
  await page.locator("[data-tape] [data-record]").first().click();
  await page.locator('aside [data-inspected="record"]').waitFor();
  await page.locator('[data-inspect="close"]').click();
  await page.locator("aside").waitFor({ state: "detached" });
  await page.locator("[data-tape] [data-record]").first().click();
  await page.locator('aside [data-inspected="record"]').waitFor();
  await page.keyboard.press("i");
  await page.locator("aside").waitFor({ state: "detached" });
  await page.locator("[data-tape] [data-record]").first().click();
  await page.locator('aside [data-inspected="record"]').waitFor();
  await close();
});

test("records keep their size while the run plays fast", async () => {
  const { page, close } = await open(browser, { at: "#/idempotence" });
  for (const step of ["11", "15"]) {
    await page.locator('[data-transport="speed"]').fill(step);
    await play(page);
    await page.waitForTimeout(400);
    const looks = await page.evaluate(async () => {
      const looks = [];
      for (let look = 0; look < 10; look += 1) {
        await new Promise((next) => setTimeout(next, 60));
        const cells = [...document.querySelectorAll("[data-tape] [data-offset]")];
        looks.push(
          cells.map((cell) => {
            const { width, height } = cell.getBoundingClientRect();
            return { offset: cell.dataset.offset, size: `${Math.round(width)} × ${Math.round(height)}` };
          }),
        );
      }
      return looks;
    });
    await pause(page);
    const offsets = (look) => look.map((cell) => cell.offset);
    assert.ok(looks.every((look) => look.length > 0), "records stand on the tapes");
    assert.notDeepEqual(offsets(looks.at(-1)), offsets(looks[0]), `the run plays at step ${step}`);
    // A cell is as wide as its offset has digits.
    const sizes = new Map();
    for (const { offset, size } of looks.flat()) sizes.set(offset.length, (sizes.get(offset.length) ?? new Set()).add(size));
    for (const [digits, seen] of sizes) assert.equal(seen.size, 1, `offsets of ${digits} digits at step ${step}: ${[...seen]}`);
  }
  await close();
});

test("what compaction leaves of a tape has room with its gaps, and the newest record is whole", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  const workload = { ratePerSecond: 20, keys: { numbered: { prefix: "user-", count: 12 } } };
  const run = scenario({ producers: [{ name: "p1", config: { "linger.ms": 20 }, workload }], brokers: { "log.cleaner.backoff.ms": 100 } });
  run.topics[0].config = { "cleanup.policy": "compact", "segment.bytes": 400, "min.cleanable.dirty.ratio": 0.01 };
  await load(page, run);
  const gaps = page.locator("[data-tape] [data-gap]");
  // How far a run plays within one picture differs, and the cleaner comes and goes: gaps on every tape, and two on one.
  for (let until = 1_500_000; (await gaps.count()) <= 3 && until < 6_000_000; until = (await timeUs(page)) + 50_000) await playTo(page, until);
  assert.ok((await gaps.count()) > 3, "there are gaps");
  await tapesAreWhole(page);
  await close();
});

test("offsets of four digits fit into their cells, and the newest record is whole", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  const workload = { ratePerSecond: 20_000, keys: { numbered: { prefix: "user-", count: 8 } } };
  await load(page, scenario({ producers: [{ name: "p1", workload }] }));
  await playTo(page, 400_000);
  assert.ok(Number(await page.locator("[data-tape]").first().getAttribute("data-leo")) > 1_000, "offsets have four digits");
  await tapesAreWhole(page);
  await close();
});

test("what waits for its retry stays inside the producer's card", async () => {
  const { page, close } = await open(browser, { at: "#/idempotence" });
  await page.locator("[data-tape] [data-record]").first().click();
  await page.locator('[data-fault-menu="links"] > summary').click();
  await page.locator('[data-fault="lose-response-p1-broker-1"]').click();
  await play(page);
  await page.locator('[data-mark~="retry"]').first().waitFor({ state: "attached", timeout: 60_000 });
  await pause(page);
  assert.ok((await page.locator("[data-producer] [data-batch]").count()) > 0, "a batch waits");
  assert.deepEqual(await stickingOut(page, "[data-producer] [data-batch], [data-producer] svg", "[data-producer]"), []);
  await close();
});

test("the lanes of the Partitions room show their newest record whole", async () => {
  const { page, close } = await open(browser, { at: "#/partitions" });
  await page.locator('[data-send="burst-count"]').fill("600");
  await page.locator('[data-send="burst"]').click();
  await playTo(page, (await timeUs(page)) + 300_000);
  for (const lane of await page.locator('[aria-label="Lanes"] [data-tape]').all()) {
    const newest = String(Number(await lane.getAttribute("data-leo")) - 1);
    const chip = await lane.locator(`[data-offset="${newest}"]`).boundingBox();
    const box = await lane.boundingBox();
    assert.ok(chip.x >= box.x && chip.x + chip.width <= box.x + box.width && chip.y + chip.height <= box.y + box.height + 1);
  }
  await close();
});

test("the first page does not scroll sideways while something is inspected", async () => {
  const { page, close } = await open(browser, { at: "#/" });
  await page.locator("[data-tape] [data-record]").first().click();
  await page.locator("aside [data-inspected]").waitFor();
  const { scroll, seen } = await page.locator("#stage").evaluate((stage) => ({ scroll: stage.scrollWidth, seen: stage.clientWidth }));
  assert.ok(scroll <= seen, `the stage is ${scroll} wide and ${seen} are seen`);
  await close();
});

test("a menu of faults moves nothing, says what each fault means, and closes on Escape and on a click elsewhere", async () => {
  const { page, close } = await open(browser, { at: "#/cluster" });
  const menu = page.locator('[data-fault-menu="broker 1"]');
  const word = menu.locator("summary");
  const places = async () => [await word.boundingBox(), await page.locator('[data-broker="3"]').boundingBox()];
  const before = await places();
  await word.click();
  await menu.locator("text=connections stay open").waitFor();
  assert.deepEqual(await places(), before);
  await page.keyboard.press("Escape");
  await page.locator('[data-fault-menu="broker 1"][open]').waitFor({ state: "detached" });
  assert.ok(await word.evaluate((element) => element === document.activeElement), "the focus is on its word again");
  await word.click();
  await page.locator("#stage h3", { hasText: "Controller 3" }).click();
  await page.locator('[data-fault-menu="broker 1"][open]').waitFor({ state: "detached" });
  await close();
});

test("a controller is frozen by keyboard and crashed by mouse, and another one is active then", async () => {
  const { page, close } = await open(browser, { at: "#/cluster" });
  const first = page.locator('[data-controller="1"]');
  await first.locator("text=active controller").waitFor();
  const word = page.locator('[data-fault-menu="controller 1"] summary');
  await word.focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator('[data-ailments="controller-1"]', { hasText: "frozen" }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator('[data-ailments="controller-1"]').waitFor({ state: "detached" });
  await page.keyboard.press("Escape");
  await page.locator('[data-fault="crash-controller-1"]').click();
  await page.locator('[data-controller="1"][data-state="crashed"]').waitFor();
  await page.locator('[data-transport="speed"]').fill("15");
  await page.locator('[data-transport="play"]').click();
  await page.locator('[data-controller]:not([data-controller="1"])', { hasText: "active controller" }).waitFor({ timeout: 60_000 });
  await close();
});

test("a crash leaves the cards where they are", async () => {
  const { page, close } = await open(browser, { at: "#/cluster" });
  await page.locator("[data-tape] [data-record]").first().click();
  await page.locator("aside").waitFor();
  const place = () => page.locator('[data-broker="3"]').boundingBox();
  await page.waitForTimeout(300);
  const before = await place();
  await page.locator('[data-fault="crash-broker-2"]').click();
  await page.locator('[data-broker="2"]', { hasText: /crashed.*, not noticed/ }).waitFor();
  assert.deepEqual(await place(), before);
  await close();
});

test("marks that fall together share a sign at their moment, with their count", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await playTo(page, 2_000_000);
  for (const broker of [1, 2]) await page.locator(`[data-fault="crash-broker-${broker}"]`).click();
  await eventually(async () => {
    const sign = page.locator('[data-mark~="crash"]').last();
    assert.ok(Number(await sign.locator("[data-mark-count]").textContent()) >= 4, "two commands and two crashes");
    const lines = (await sign.locator("title").textContent()).split("\n");
    assert.ok(lines.filter((line) => / ms · crash: broker \d crashed/.test(line)).length === 2, lines.join(" / "));
    const [hit, range] = [await sign.locator("rect").boundingBox(), await page.locator('[data-transport="timeline"]').boundingBox()];
    const span = Number(await page.locator('[data-transport="timeline"]').getAttribute("max"));
    const moment = range.x + 8 + ((range.width - 16) * Number(await sign.getAttribute("data-mark-at"))) / span;
    assert.ok(Math.abs(hit.x + hit.width / 2 - moment) <= 1.5, `${hit.x + hit.width / 2} is not at ${moment}`);
  });
  const [told, foot] = [await page.locator("[data-mark-told]").boundingBox(), await page.locator("footer").boundingBox()];
  assert.ok(told.y >= foot.y, "the words stand below the bar's upper edge");
  await close();
});

test("a value that a setting does not take stays in its field, with the reason below it", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  const field = page.locator('[data-setting="min.insync.replicas"]').first();
  await field.fill("-3");
  await field.blur();
  await page.locator('[data-setting-problem="min.insync.replicas"]', { hasText: "min.insync.replicas" }).waitFor();
  assert.equal(await field.inputValue(), "-3");
  await field.fill("2");
  await field.blur();
  await page.locator("[data-setting-problem]").waitFor({ state: "detached" });
  await close();
});

test("two refused values have a reason each, which their fields name", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await page.getByRole("button", { name: "All settings" }).click();
  const settings = { "min.insync.replicas": "-3", "linger.ms": "-4" };
  for (const [name, text] of Object.entries(settings)) {
    await page.locator(`[data-setting="${name}"]`).first().fill(text);
    await page.locator(`[data-setting="${name}"]`).first().blur();
    await page.locator(`[data-setting-problem="${name}"]`).waitFor();
  }
  for (const [name, text] of Object.entries(settings)) {
    const [field, problem] = [page.locator(`[data-setting="${name}"]`).first(), page.locator(`[data-setting-problem="${name}"]`)];
    assert.equal(await field.inputValue(), text, "what was typed stays");
    assert.match(await problem.innerText(), new RegExp(name.replaceAll(".", "\\.")), "the reason is of this setting");
    const described = (await field.getAttribute("aria-describedby")).split(" ");
    assert.ok(described.includes(await problem.getAttribute("id")), "a reader of the screen hears it with the field");
  }
  await page.locator('[data-setting="linger.ms"]').first().fill("10");
  await page.locator('[data-setting="linger.ms"]').first().blur();
  await page.locator('[data-setting-problem="linger.ms"]').waitFor({ state: "detached" });
  assert.equal(await page.locator('[data-setting-problem="min.insync.replicas"]').count(), 1, "the other one stays");
  await close();
});

test("the tail can be brought back once, and what leads to lost records is where they are lost", async () => {
  const { page, close } = await open(browser, { at: "#/" });
  await pause(page);
  await page.locator('[data-landing="act"]').click();
  await playTo(page, 6_000_000);
  assert.ok((await ledger(page, "lost")) > 0, "acks=1 loses what only the leader had");
  await page.locator('[data-ledger="lost"]').first().click();
  const row = page.locator("aside ol li").first();
  await row.locator("text=/was @ \\d+/").waitFor();
  await row.locator("[data-moment-us]").click();
  await eventually(async () => assert.ok((await ledger(page, "lost")) > 0, "the jump leads to where they are lost"));
  await page.locator('[data-fault^="crash-broker-"]').first().click();
  const back = page.locator('[data-transport="bring-back"]');
  await back.click();
  await back.waitFor({ state: "detached" });
  await close();
});

test("a search tells how far it is beside its promise", async () => {
  const { page, close } = await open(browser, { at: "#/cluster" });
  await pause(page);
  const promise = page.locator('[data-promise="loss"]');
  // A sentence stands there for one slice of the search, so the page itself writes them all down.
  await promise.evaluate((element) => {
    window.told = [];
    const write = () => window.told.push(element.querySelector("[data-search]")?.textContent ?? "");
    new MutationObserver(write).observe(element, { subtree: true, childList: true, characterData: true });
  });
  await promise.locator('[data-break="loss"]').click();
  const number = (words) => Number(words.replaceAll(",", ""));
  await eventually(async () => {
    const told = (await page.evaluate(() => window.told)).map((sentence) => sentence.match(/([\d,]+) schedules? of ([\d,]+) tried/));
    const tried = told.filter(Boolean).map(([, tried, of]) => ({ tried: number(tried), of: number(of) }));
    assert.ok(new Set(tried.map((at) => at.tried)).size > 1, `it goes on from ${tried[0]?.tried}`);
    assert.ok(tried.every((at, place) => at.tried <= at.of && at.tried >= (tried[place - 1]?.tried ?? 0)), "it never goes back");
  }, 60_000);
  await close();
});

test("each enQueue by hand takes another value", async () => {
  const { page, close } = await open(browser, { at: "#/ring" });
  const value = page.locator('[data-ring="value"]');
  const first = Number(await value.inputValue());
  for (let call = 1; call <= 3; call += 1) {
    await page.locator('[data-ring="enQueue"]').click();
    await eventually(async () => assert.equal(Number(await value.inputValue()), first + call));
  }
  await close();
});

test("the help explains what stands on the stage, and a long key leaves the lanes in reach", async () => {
  const { page, close } = await open(browser, { at: "#/partitions" });
  await page.keyboard.press("?");
  const words = page.locator('[data-help="stage-words"]');
  for (const word of ["in flight", "fenced", "purgatory", "LEO", "ELR", "dashed red line", "Bring back the tail"]) {
    await words.locator(`text=${word}`).first().waitFor();
  }
  await page.keyboard.press("Escape");
  await page.locator('[data-send="key"]').fill("x".repeat(10_000));
  await page.locator('[aria-label="Key hashing"]', { hasText: "more like these" }).waitFor();
  const hashing = await page.locator('[aria-label="Key hashing"]').boundingBox();
  assert.ok(hashing.height < 700, `the steps take ${hashing.height} px`);
  await close();
});

test("the links stand in groups, and the instructions lead to them", async () => {
  const { page, close } = await open(browser, { at: "#/idempotence" });
  await page.locator('[data-opens="links"]').first().click();
  await page.locator('[data-fault="lose-response-p1-broker-1"]').waitFor();
  assert.equal(await page.locator("[data-link]:visible").count(), 3, "only the producer's links stand open");
  await page.locator("text=Each message takes 200 ms longer.").waitFor();
  await close();
});

test("on a phone the question of the first page stays in sight while the stage is swiped", async () => {
  const { page, close } = await open(browser, { at: "#/", viewport: PHONE });
  await page.locator("#stage").evaluate((stage) => stage.scrollTo({ left: 500 }));
  const box = await page.locator('[data-landing="act"]').boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= PHONE.width, `it stands at ${box.x}`);
  await close();
});
