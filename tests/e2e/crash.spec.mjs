// Crash the leader with a click, at paused moments drawn by chance: what the page says was lost is what the native run of the
// copied scenario lost, record for record, with the same trace hash.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, open } from "./page.mjs";
import { copied, eventually, ledger, listBehind, load, native, playTo, scenario, scrubTo, timeUs, traceHash } from "./run.mjs";

const CRASHES = 5;
/** Moments of crashes, in µs: the producer has sent for a while and goes on sending. */
const FROM = 200_000;
const UNTIL = 900_000;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** Slow followers, so that a leader often has what nobody else has yet. */
const traffic = (acks, seed) =>
  scenario({
    seed,
    links: { client: { latencyUs: 1_000 }, broker: { latencyUs: 15_000, jitterUs: 5_000 } },
    producers: [
      {
        name: "p1",
        config: { acks, "linger.ms": 1 },
        workload: { ratePerSecond: 400, keys: { numbered: { prefix: "user-", count: 20 } }, values: { json: { bytes: 60 } } },
      },
    ],
  });

/** Numbers below 1 from a seed, so that a failure can be played again. */
function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

async function crashTheLeader(page, us) {
  await scrubTo(page, us);
  const tape = await page.locator('[data-tape^="orders-0@"][data-role="leader"]').getAttribute("data-tape");
  const leader = tape.split("@")[1];
  await page.locator(`[data-fault="crash-broker-${leader}"]`).click();
  await page.locator(`[data-broker="${leader}"][data-state="crashed"]`).waitFor();
}

for (const acks of ["1", "all"]) {
  test(`the leader crashes under acks=${acks}`, async () => {
    const seed = Number(process.env.HIGHWATER_SEED ?? Date.now() % 1_000_000);
    const draw = chance(seed);
    let lostInAll = 0;
    for (let crash = 0; crash < CRASHES; crash += 1) {
      const { page, close } = await open(browser, { at: "#/acks" });
      await load(page, traffic(acks, crash + 1));
      await playTo(page, UNTIL);
      const us = Math.floor(FROM + draw() * (UNTIL - FROM));
      const which = `acks=${acks}, seed ${seed}, crash ${crash} at ${us} µs`;
      await crashTheLeader(page, us);
      await playTo(page, us + 2_500_000);
      const lost = await ledger(page, "lost");
      const report = await native(await copied(page), "lost");
      assert.equal(report.endUs, await timeUs(page), which);
      assert.equal(report.traceHash, await traceHash(page), which);
      assert.equal(report.ledger.lost, lost, which);
      assert.equal(report.list.length, lost, which);
      const listed = async () => (lost > 0 ? await listBehind(page, "lost") : []);
      const shown = await eventually(async () => {
        const shown = await listed();
        assert.deepEqual(shown.map(Number), report.list.slice(-500), which);
        return shown;
      });
      assert.ok(lost === 0 || shown.length > 0, which);
      if (acks === "all") assert.equal(lost, 0, which);
      lostInAll += lost;
      await close();
    }
    if (acks === "1") assert.ok(lostInAll > 0, `five crashes under acks=1 lost nothing, seed ${seed}`);
  });
}
