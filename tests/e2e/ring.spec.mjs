// The Ring buffer room: every operation by its button, a typed list with and without its expected answers, and bad input.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, open } from "./page.mjs";
import { eventually } from "./run.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const button = (page, word) => page.locator(`[data-ring="${word}"]`);

/** Answers so far, as the call table shows them, the constructor's first. */
async function answers(page) {
  return page.locator("[data-ring-call]").evaluateAll((rows) => rows.map((row) => row.cells[3].textContent));
}

async function ends(page) {
  const { ringHead, ringTail, ringCount } = await page.locator("[data-ring-head]").evaluate((ring) => ({ ...ring.dataset }));
  return { head: Number(ringHead), tail: Number(ringTail), count: Number(ringCount) };
}

async function enQueue(page, value) {
  await button(page, "value").fill(String(value));
  await button(page, "enQueue").click();
}

async function run(page, ...lines) {
  await button(page, "list").fill(lines.join("\n"));
  await button(page, "run").click();
}

const verdict = (page, word) => page.locator(`[data-ring-verdict="${word}"]`);

test("each operation by its button, around the end of the ring", async () => {
  const { page, close } = await open(browser, { at: "#/ring" });
  await button(page, "capacity").fill("3");
  await eventually(async () => assert.deepEqual(await ends(page), { head: 0, tail: 0, count: 0 }));
  for (const word of ["isEmpty", "Front", "Rear", "deQueue"]) await button(page, word).click();
  for (const value of [10, 20, 30, 40]) await enQueue(page, value);
  await eventually(async () => assert.deepEqual(await ends(page), { head: 0, tail: 0, count: 3 }, "full: the tail has come round to the head"));
  for (const word of ["isFull", "Front", "Rear", "deQueue"]) await button(page, word).click();
  await enQueue(page, 50);
  for (const word of ["Front", "Rear"]) await button(page, word).click();
  await eventually(async () => assert.deepEqual(await ends(page), { head: 1, tail: 1, count: 3 }));
  const expected = ["null", "true", "-1", "-1", "false", "true", "true", "true", "false"];
  expected.push("true", "10", "30", "true", "true", "20", "50");
  await eventually(async () => assert.deepEqual((await answers(page)).map((answer) => answer.replace("−", "-")), expected));
  await close();
});

test("a list with the right answers is judged right, call by call", async () => {
  const { page, close } = await open(browser, { at: "#/ring" });
  await run(
    page,
    '["MyCircularQueue","enQueue","enQueue","enQueue","enQueue","Rear","isFull","deQueue","enQueue","Rear"]',
    "[[3],[1],[2],[3],[4],[],[],[],[4],[]]",
    "[null,true,true,true,false,3,true,true,true,4]",
  );
  await verdict(page, "right").waitFor();
  await eventually(async () => assert.equal((await answers(page)).length, 10));
  await eventually(async () => assert.deepEqual(await ends(page), { head: 1, tail: 1, count: 3 }));
  await close();
});

test("a wrong expectation is named with its call", async () => {
  const { page, close } = await open(browser, { at: "#/ring" });
  await run(page, '["MyCircularQueue","enQueue","Rear"]', "[[2],[7],[]]", "[null,true,8]");
  await verdict(page, "wrong").waitFor();
  await eventually(async () => assert.match(await verdict(page, "wrong").innerText(), /8/));
  await close();
});

test("a list without expected answers is run and not judged", async () => {
  const { page, close } = await open(browser, { at: "#/ring" });
  await run(page, '["MyCircularQueue","enQueue","Front"]', "[[2],[7],[]]");
  await verdict(page, "none").waitFor();
  await eventually(async () => assert.deepEqual(await answers(page), ["null", "true", "7"]));
  await close();
});

for (const [what, lines, place] of [
  ["an unknown operation", ['["MyCircularQueue","push"]', "[[2],[7]]"], /push/],
  ["a value out of range", ['["MyCircularQueue","enQueue"]', "[[2],[1001]]"], /1001|1000/],
  ["lists of two lengths", ['["MyCircularQueue","enQueue"]', "[[2]]"], /\d/],
  ["markup", ["<img src=x onerror=alert(1)>", "[[2]]"], /line 1|position|column|character/i],
]) {
  test(`${what} is explained with its place`, async () => {
    const { page, close } = await open(browser, { at: "#/ring" });
    await run(page, ...lines);
    await verdict(page, "invalid").waitFor();
    await eventually(async () => assert.match(await verdict(page, "invalid").innerText(), place));
    await close();
  });
}

test("a bad token is selected in the list, and a good list runs again", async () => {
  const { page, close } = await open(browser, { at: "#/ring" });
  await run(page, '["MyCircularQueue","enqueue"]', "[[2],[7]]");
  await eventually(async () => assert.match(await verdict(page, "invalid").innerText(), /Line 1, column 20 \(call 2\): the call is written enQueue/));
  const selected = () => button(page, "list").evaluate((list) => list.value.slice(list.selectionStart, list.selectionEnd));
  await eventually(async () => assert.equal(await selected(), '"enqueue"'));
  await page.locator('[data-ring="example"]').click();
  await button(page, "list").press("Control+Enter");
  await verdict(page, "right").waitFor();
  await close();
});

test("steps go both ways by button and by arrow key", async () => {
  const { page, close } = await open(browser, { at: "#/ring" });
  await button(page, "run").click();
  await button(page, "reset").click();
  await eventually(async () => assert.deepEqual(await ends(page), { head: 0, tail: 0, count: 0 }));
  await button(page, "step").click();
  await page.keyboard.press("ArrowRight");
  await eventually(async () => assert.deepEqual(await ends(page), { head: 0, tail: 2, count: 2 }));
  await page.keyboard.press("ArrowLeft");
  await button(page, "step-back").click();
  await eventually(async () => assert.deepEqual(await ends(page), { head: 0, tail: 0, count: 0 }));
  await close();
});

test("the room keeps its queue while another room is open", async () => {
  const { page, close } = await open(browser, { at: "#/ring" });
  await enQueue(page, 12);
  await page.evaluate(() => (location.hash = "#/log"));
  await page.locator('[data-room="log"]').waitFor();
  await page.evaluate(() => (location.hash = "#/ring"));
  await page.locator("[data-ring-head]").waitFor();
  await eventually(async () => assert.deepEqual(await ends(page), { head: 0, tail: 1, count: 1 }));
  await close();
});

test("the log beside the ring forgets its oldest segment where the ring refuses", async () => {
  const { page, close } = await open(browser, { at: "#/ring" });
  const log = async () => {
    const { ringLogStart, ringPosition, ringLogEnd } = await page
      .locator("[data-ring-log-end]")
      .evaluate((tape) => ({ ...tape.dataset }));
    return [ringLogStart, ringPosition, ringLogEnd].map(Number);
  };
  await button(page, "capacity").fill("3");
  for (const value of [1, 2, 3, 4, 5]) await enQueue(page, value);
  await eventually(async () => assert.deepEqual(await log(), [0, 0, 3], "the log is given what the ring takes"));
  await page.locator('[data-ring="feed"]').check();
  await eventually(async () => assert.deepEqual(await log(), [2, 0, 5], "given everything, it forgets records that were never read"));
  await button(page, "deQueue").click();
  await eventually(async () => assert.deepEqual(await log(), [2, 3, 5]));
  await eventually(async () => assert.deepEqual(await ends(page), { head: 1, tail: 0, count: 2 }));
  await close();
});

test("nothing glides where motion is not wanted", async () => {
  const { page, close } = await open(browser, { at: "#/ring", reducedMotion: "reduce" });
  await enQueue(page, 1);
  const moving = await page.evaluate(() => document.getAnimations().length);
  assert.equal(moving, 0);
  await close();
});
