// The Ring buffer room: every operation by its button, a typed list with and without its expected answers, and bad input.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, open } from "./page.mjs";

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
  assert.deepEqual(await ends(page), { head: 0, tail: 0, count: 0 });
  for (const word of ["isEmpty", "Front", "Rear", "deQueue"]) await button(page, word).click();
  for (const value of [10, 20, 30, 40]) await enQueue(page, value);
  assert.deepEqual(await ends(page), { head: 0, tail: 0, count: 3 }, "full: the tail has come round to the head");
  for (const word of ["isFull", "Front", "Rear", "deQueue"]) await button(page, word).click();
  await enQueue(page, 50);
  for (const word of ["Front", "Rear"]) await button(page, word).click();
  assert.deepEqual(await ends(page), { head: 1, tail: 1, count: 3 });
  const expected = ["null", "true", "-1", "-1", "false", "true", "true", "true", "false"];
  expected.push("true", "10", "30", "true", "true", "20", "50");
  assert.deepEqual((await answers(page)).map((answer) => answer.replace("−", "-")), expected);
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
  assert.equal((await answers(page)).length, 10);
  assert.deepEqual(await ends(page), { head: 1, tail: 1, count: 3 });
  await close();
});

test("a wrong expectation is named with its call", async () => {
  const { page, close } = await open(browser, { at: "#/ring" });
  await run(page, '["MyCircularQueue","enQueue","Rear"]', "[[2],[7],[]]", "[null,true,8]");
  await verdict(page, "wrong").waitFor();
  assert.match(await verdict(page, "wrong").innerText(), /8/);
  await close();
});

test("a list without expected answers is run and not judged", async () => {
  const { page, close } = await open(browser, { at: "#/ring" });
  await run(page, '["MyCircularQueue","enQueue","Front"]', "[[2],[7],[]]");
  await verdict(page, "none").waitFor();
  assert.deepEqual(await answers(page), ["null", "true", "7"]);
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
    assert.match(await verdict(page, "invalid").innerText(), place);
    await close();
  });
}
