// What an administrator does: shuts a broker down in order, holds elections, deletes records; and what is said when it is refused. And the
// list of invariants, checked over the run on demand.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { seriousViolations } from "./accessibility.mjs";
import { launch, open } from "./page.mjs";
import { copied, eventually, native, pause, playTo, scrubTo, timeUs, traceHash } from "./run.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const partition = (page, number) => page.locator(`[data-partition="orders.placed-${number}"]`);
const act = (page, verb, number = 0) => partition(page, number).locator(`[data-fault="${verb}-orders.placed-${number}"]`);
const told = (page, text) => page.locator("[data-notice]", { hasText: text }).waitFor();

/** Who leads a partition, as the list below the stage has it. */
const leader = async (page, number) => (await partition(page, number).innerText()).match(/broker (\d) leads/)?.[1];

test("a broker is shut down in order, hands over, and leads again when the preferred leader is elected", async () => {
  const { page, close } = await open(browser, { at: "#/cluster" });
  await playTo(page, 1_000_000);
  const first = await leader(page, 0);
  await act(page, "elect-preferred").click();
  await told(page, "ELECTION_NOT_NEEDED");
  await page.locator(`[data-fault-menu="broker ${first}"] > summary`).click();
  await page.locator(`[data-fault="shut-down-broker-${first}"]`).click();
  await page.keyboard.press("Escape");
  await playTo(page, 3_900_000);
  await page.locator(`[data-broker="${first}"][data-state="stopped"]`).waitFor();
  assert.notEqual(await leader(page, 0), first, "its session would have run out at 4 s");
  await page.locator(`[data-fault="restart-broker-${first}"]`).click();
  await playTo(page, 12_000_000);
  assert.notEqual(await leader(page, 0), first);
  await act(page, "elect-preferred").click();
  await playTo(page, (await timeUs(page)) + 300_000);
  await eventually(async () => assert.equal(await leader(page, 0), first));
  const report = await native(await copied(page));
  assert.equal(report.traceHash, await traceHash(page));
  await close();
});

test("where nobody leads, an unclean election lets a broker that is back lead; refused, it says why", async () => {
  const { page, close } = await open(browser, { at: "#/cluster" });
  await playTo(page, 1_000_000);
  await act(page, "elect-unclean").click();
  await told(page, /ELECTION_NOT_NEEDED: broker \d leads orders\.placed-0/);
  for (const broker of [1, 2, 3]) {
    await page.locator(`[data-fault="crash-broker-${broker}"]`).click();
    await playTo(page, (await timeUs(page)) + 5_000_000);
  }
  await page.locator("[data-partitions] > summary", { hasText: "nobody leads 3" }).waitFor();
  await act(page, "elect-unclean").click();
  await told(page, "ELIGIBLE_LEADERS_NOT_AVAILABLE");
  await act(page, "delete-records").click();
  await told(page, "LEADER_NOT_AVAILABLE");
  await page.locator('[data-fault="restart-broker-1"]').click();
  await playTo(page, (await timeUs(page)) + 4_000_000);
  assert.equal(await leader(page, 0), undefined, "the last one in sync is waited for");
  await act(page, "elect-unclean").click();
  await playTo(page, (await timeUs(page)) + 500_000);
  await eventually(async () => assert.equal(await leader(page, 0), "1"));
  await close();
});

test("the partition of a tape that is clicked has its acts in the inspector too", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await playTo(page, 500_000);
  assert.equal(await page.locator("[data-partitions] button").count(), 0, "outside the room Cluster the list is folded, and not made");
  const tape = page.locator('[data-tape][data-role="leader"]').first();
  const name = (await tape.getAttribute("data-tape")).split("@")[0];
  await tape.locator("xpath=preceding-sibling::button").click();
  const part = page.locator(`aside [data-partition-acts="${name}"]`);
  await part.locator("text=As the controllers have it").waitFor();
  await part.locator(`[data-fault="delete-records-${name}"]`).click();
  await playTo(page, (await timeUs(page)) + 200_000);
  const run = JSON.parse(await copied(page));
  assert.ok(run.commands.some((command) => command.do === "deleteRecords" && command.beforeOffset === -1), JSON.stringify(run.commands));
  await close();
});

test("flush() sends what lingers", async () => {
  const { page, close } = await open(browser, { at: "#/batching" });
  await pause(page);
  await page.locator('[data-send="flush"]').click();
  await eventually(async () => assert.match(await copied(page), /"do": ?"flush"/));
  await close();
});

test("every invariant is checked over the run when it is asked for, and followed while the list is open", async () => {
  const { page, close } = await open(browser, { at: "#/cluster" });
  await playTo(page, 500_000);
  await page.locator('[data-fault="crash-broker-1"]').click();
  await playTo(page, 1_000_000);
  const list = page.locator("[data-invariants]");
  assert.equal(await list.locator("li").count(), 0, "folded, it is not made");
  await list.locator("> summary").click();
  const rows = list.locator("[data-invariant]");
  await rows.first().waitFor();
  const count = Number((await list.locator("> summary").innerText()).match(/\d+/)[0]);
  assert.equal(await rows.count(), count);
  assert.equal(await list.locator('[data-verdict="unchecked"]').count(), count, "nothing is checked unasked");
  await list.locator("[data-invariants-check]").click();
  await list.locator('[data-invariants-told="done"]').waitFor({ timeout: 30_000 });
  assert.equal(await list.locator('[data-verdict="held"]').count(), count);
  const sentence = () => list.locator("[data-invariants-told]").innerText();
  const events = async () => Number((await sentence()).match(/the ([\d,]+) events/)[1].replaceAll(",", ""));
  const before = await events();
  const report = await native(await copied(page));
  assert.ok(before <= report.events && before > report.events - 50, `${before} of ${report.events}`);
  assert.deepEqual(await seriousViolations(page), []);
  await playTo(page, 2_000_000);
  await eventually(async () => assert.ok((await events()) > before, await sentence()), 20_000);
  await page.locator('[data-fault="crash-broker-2"]').click();
  await scrubTo(page, 250_000);
  await eventually(async () => assert.match(await sentence(), /All \d+ have held over the [\d,]+ events up to 250\.000 ms/), 20_000);
  await close();
});
