// A run on the page, worked as a person would: paste a scenario, play and pause, step, scrub, read the ledger, copy the run.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** A small cluster without traffic: what happens in it was typed. */
export function scenario({ seed = 7, producers = [{ name: "p1" }], partitions = 1, brokers = {}, links = {}, endUs = 1_000_000 } = {}) {
  return {
    version: 1,
    seed,
    endUs,
    brokers: { count: 3, config: { "broker.session.timeout.ms": 500, "broker.heartbeat.interval.ms": 100, ...brokers } },
    topics: [{ name: "orders", partitions, replicationFactor: 3 }],
    producers,
    links,
  };
}

/** Pastes a scenario, which is shown at its end, and goes to its start. */
export async function load(page, run) {
  await pause(page);
  await page.locator('[data-run="paste"]').click();
  await page.locator('[data-run="paste-text"]').fill(typeof run === "string" ? run : JSON.stringify(run));
  await page.locator('[data-run="load"]').click();
  await page.locator('[data-run="preset"] option[value=""]').waitFor({ state: "attached" });
  await pause(page);
  await transport(page, "start").click();
  await page.waitForFunction(() => document.querySelector("[data-time-us]").dataset.timeUs === "0");
}

const transport = (page, word) => page.locator(`[data-transport="${word}"]`);

export async function pause(page) {
  if (await transport(page, "pause").count()) await transport(page, "pause").click();
  await transport(page, "play").waitFor();
  await settled(page, async () => [await timeUs(page), await traceHash(page)]);
}

/** Waits until two looks, further apart than two drawings, see the same; gives what they saw. */
async function settled(page, look) {
  let [before, now] = [undefined, await look()];
  while (JSON.stringify(before) !== JSON.stringify(now)) {
    await page.waitForTimeout(110);
    [before, now] = [now, await look()];
  }
  return now;
}

export async function play(page) {
  if (await transport(page, "play").count()) await transport(page, "play").click();
  await transport(page, "pause").waitFor();
}

/**
 * Asserts what will hold soon: the page draws at most 20 times a second, so what follows an action is not there at once.
 * The last refusal is the one reported.
 */
export async function eventually(assertion, ms = 5_000) {
  const until = Date.now() + ms;
  for (;;) {
    try {
      return await assertion();
    } catch (refusal) {
      if (Date.now() > until) throw refusal;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

/** The moment shown, in virtual microseconds. */
export const timeUs = async (page) => Number(await page.locator("[data-time-us]").getAttribute("data-time-us"));

export const traceHash = (page) => page.locator("[data-trace-hash]").getAttribute("data-trace-hash");

/** A figure of the ledger. */
export const ledger = async (page, word) => Number(await page.locator(`[data-ledger="${word}"]`).first().textContent());

/** Plays until the moment shown is at least this one, then pauses. */
export async function playTo(page, us) {
  await transport(page, "speed").fill(await transport(page, "speed").getAttribute("max"));
  await play(page);
  await page.waitForFunction((us) => Number(document.querySelector("[data-time-us]").dataset.timeUs) >= us, us, {
    timeout: 60_000,
    polling: 20,
  });
  await pause(page);
}

/** Goes to a moment that the run has been at, by the timeline. */
export async function scrubTo(page, us) {
  await transport(page, "timeline").fill(String(us));
  await page.waitForFunction((us) => Number(document.querySelector("[data-time-us]").dataset.timeUs) === us, us);
}

/** One step; waits until its moment is shown. */
export async function step(page, direction = "forward") {
  const before = await timeUs(page);
  await transport(page, `step-${direction}`).click();
  await page.waitForFunction((us) => Number(document.querySelector("[data-time-us]").dataset.timeUs) !== us, before);
}

/** Steps forward until the condition holds. */
export async function stepUntil(page, holds, steps = 60) {
  for (let made = 0; made < steps; made += 1) {
    if (await holds()) return;
    await step(page);
  }
  assert.fail(`not reached in ${steps} steps, at ${await timeUs(page)} µs`);
}

/** The run up to the moment shown, as "Copy run" gives it. */
export async function copied(page) {
  await page.locator('[data-run="copy"]').click();
  return page.locator('[data-run="text"]').inputValue();
}

/** What the command line makes of a run: its report, with the records behind a figure if one is named. */
export async function native(text, figure) {
  const folder = await mkdtemp(join(tmpdir(), "highwater-"));
  try {
    const file = join(folder, "copied.json");
    await writeFile(file, text);
    const list = figure ? ["--list", figure] : [];
    const { stdout } = await promisify(execFile)(process.env.HIGHWATER_CLI, ["run", file, "--json", ...list], { maxBuffer: 1 << 26 });
    return JSON.parse(stdout);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Fills the form and sends; gives the new record's id, as the inspector or the list behind `sent` names it. */
export async function send(page, { key, value }) {
  const before = await ledger(page, "sent");
  await page.locator('[data-send="key"]').fill(key);
  await page.locator('[data-send="value"]').fill(value);
  await page.locator('[data-send="submit"]').click();
  await page.waitForFunction(
    (before) => Number(document.querySelector('[data-ledger="sent"]').textContent) === before + 1,
    before,
  );
  return eventually(async () => {
    const ids = await listBehind(page, "sent");
    assert.equal(ids.length, Math.min(before + 1, 500), "the list behind `sent` has the new record");
    return ids.at(-1);
  });
}

/** The records behind a figure of the ledger, oldest first; of more than 500 the inspector lists the newest. */
export async function listBehind(page, word) {
  await page.locator(`[data-ledger="${word}"]`).first().click();
  const inspector = page.locator("aside");
  await inspector.locator('[data-inspected="ledger"]', { hasText: new RegExp(`^${word}$`) }).waitFor();
  const listed = await inspector.locator("ol [data-record]").evaluateAll((rows) => rows.map((row) => row.dataset.record));
  return listed.reverse();
}

/**
 * Everything that is seen of the run, a line an element: the stage and the ledger with their attributes in order, and what is painted.
 */
export function picture(page) {
  return settled(page, () => drawn(page));
}

function drawn(page) {
  return page.evaluate(() => {
    const lines = [];
    const write = (element) => {
      const attributes = [...element.attributes].map(({ name, value }) => `${name}=${value}`).sort();
      const words = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data);
      lines.push([element.tagName, ...attributes, ...words].join(" "));
      [...element.children].forEach(write);
    };
    document.querySelectorAll("#stage, footer [data-ledger]").forEach(write);
    document.querySelectorAll("#stage canvas").forEach((canvas) => lines.push(canvas.toDataURL()));
    return lines;
  });
}

/** Refuses two pictures that differ, naming the first difference. */
export function assertSamePicture(seen, expected, when) {
  const at = expected.findIndex((line, index) => line !== seen[index]);
  const short = (line) => String(line).slice(0, 300);
  assert.ok(at < 0, `${when}: ${short(seen[at])}\n  instead of ${short(expected[at])}`);
  assert.equal(seen.length, expected.length, when);
}
