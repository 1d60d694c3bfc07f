// The links of the stage: the menu at a wire, by mouse and by keyboard, and the list below, which is made only while it is open.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { seriousViolations } from "./accessibility.mjs";
import { launch, open, PHONE } from "./page.mjs";
import { copied, eventually, load, native, pause, playTo, scenario, timeUs, traceHash } from "./run.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const wire = (page, key) => page.locator(`[data-link-wire="${key}"]`);
const menu = (page, key) => page.locator(`[data-wire-menu="${key}"]`);
const hasFocus = (locator) => locator.evaluate((element) => element === document.activeElement);

/** A place on the stroke of a wire that nothing covers, in pixels of the window. */
const placeOn = (locator) =>
  locator.evaluate((path) => {
    const toWindow = path.getScreenCTM();
    for (const part of [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8]) {
      const { x, y } = path.getPointAtLength(path.getTotalLength() * part).matrixTransform(toWindow);
      if (document.elementFromPoint(x, y) === path) return { x, y };
    }
    throw new Error(`every place of ${path.dataset.linkWire} is covered`);
  });

async function clickOn(page, key) {
  await wire(page, key).waitFor({ state: "attached" });
  for (let moments = 5; ; moments -= 1) {
    try {
      const { x, y } = await placeOn(wire(page, key));
      return await page.mouse.click(x, y);
    } catch (covered) {
      // A message stands on the whole of a short wire: some moments later it does not.
      if (moments === 0) throw covered;
      await playTo(page, (await timeUs(page)) + 3_000);
    }
  }
}

test("a wire is cut and healed by mouse, at the wire, and says in words what is wrong with it", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await playTo(page, 300_000);
  await clickOn(page, "p1-broker-2");
  await menu(page, "p1-broker-2").locator("text=Nothing passes, either way").waitFor();
  await menu(page, "p1-broker-2").locator('[data-fault="cut-p1-broker-2"]').click();
  await eventually(async () => {
    assert.equal(await wire(page, "p1-broker-2").getAttribute("aria-label"), "Link between p1 and broker 2: cut");
  });
  await menu(page, "p1-broker-2").locator("text=p1 – broker 2").locator("text=cut").waitFor();
  const heal = menu(page, "p1-broker-2").locator('[data-fault="heal-p1-broker-2"]');
  await heal.waitFor();
  await eventually(async () => assert.ok(await hasFocus(heal), "what mends it has the focus of what broke it"));
  await heal.click();
  await eventually(async () => {
    assert.equal(await wire(page, "p1-broker-2").getAttribute("aria-label"), "Link between p1 and broker 2: no fault");
  });
  const report = await native(await copied(page));
  assert.equal(report.traceHash, await traceHash(page));
  await close();
});

test("by keyboard alone: a wire's faults are opened, one is chosen, and the focus comes back to the wire", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await playTo(page, 300_000);
  await page.locator('[data-fault="crash-broker-3"]').focus();
  let pressed = 0;
  while (!(await hasFocus(wire(page, "p1-broker-1")))) {
    assert.ok((pressed += 1) < 60, "the wire is not reached by the tab key");
    await page.keyboard.press("Tab");
  }
  for (const key of ["Enter", "Space"]) {
    await page.keyboard.press(key);
    await menu(page, "p1-broker-1").waitFor();
    assert.equal(await wire(page, "p1-broker-1").getAttribute("aria-expanded"), "true");
    assert.equal(await page.locator('[data-transport="play"]').count(), 1, "the run stands still");
    await page.keyboard.press("Escape");
    await menu(page, "p1-broker-1").waitFor({ state: "detached" });
    assert.ok(await hasFocus(wire(page, "p1-broker-1")), `after ${key} and Escape`);
  }
  await page.keyboard.press("Enter");
  const delay = menu(page, "p1-broker-1").locator('[data-fault="delay-p1-broker-1"]');
  for (pressed = 0; !(await hasFocus(delay)); pressed += 1) {
    assert.ok(pressed < 12, "the act is not reached by the tab key");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await eventually(async () => {
    assert.equal(await wire(page, "p1-broker-1").getAttribute("aria-label"), "Link between p1 and broker 1: +200 ms");
  });
  assert.ok(await hasFocus(delay), "it may be chosen again");
  await page.keyboard.press("Escape");
  assert.ok(await hasFocus(wire(page, "p1-broker-1")));
  await close();
});

test("one menu at a time is open, and a click elsewhere closes it", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await playTo(page, 300_000);
  await clickOn(page, "p1-broker-1");
  await menu(page, "p1-broker-1").waitFor();
  await wire(page, "p1-broker-3").focus();
  await page.keyboard.press("Enter");
  await menu(page, "p1-broker-3").waitFor();
  assert.equal(await page.locator("[data-wire-menu]").count(), 1);
  await page.locator('[data-fault-menu="broker 3"] > summary').focus();
  await page.keyboard.press("Enter");
  await page.locator('[data-fault-menu="broker 3"][open]').waitFor();
  await page.locator("[data-wire-menu]").waitFor({ state: "detached" });
  await wire(page, "p1-broker-3").focus();
  await page.keyboard.press("Enter");
  await menu(page, "p1-broker-3").waitFor();
  assert.equal(await page.locator("details[data-fault-menu][open]").count(), 0);
  await page.locator("#stage h3").first().click();
  await page.locator("[data-wire-menu]").waitFor({ state: "detached" });
  await clickOn(page, "p1-broker-3");
  await menu(page, "p1-broker-3").locator("[data-wire-menu-close]").click();
  await page.locator("[data-wire-menu]").waitFor({ state: "detached" });
  assert.ok(await hasFocus(wire(page, "p1-broker-3")));
  await close();
});

test("a slow, a lossy and a cut link are drawn apart from each other and from a sound one", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await playTo(page, 300_000);
  const looks = (broker) => page.locator(`[data-wire="producer-0>broker-${broker}"]`).first().evaluate((path) => getComputedStyle(path).strokeDasharray);
  const seen = [await looks(1)];
  for (const verb of ["delay", "lose-packets", "cut"]) {
    await clickOn(page, "p1-broker-1");
    await menu(page, "p1-broker-1").locator(`[data-fault="${verb}-p1-broker-1"]`).click();
    await page.keyboard.press("Escape");
    await eventually(async () => assert.ok(!seen.includes(await looks(1)), `${verb}: ${seen}`));
    seen.push(await looks(1));
  }
  await close();
});

test("a menu stays on the stage and lies over the messages, at a desk and on a phone", async () => {
  for (const viewport of [undefined, PHONE]) {
    const { page, close } = await open(browser, { at: "#/cluster", ...(viewport && { viewport }) });
    await playTo(page, 300_000);
    for (const key of ["p1-broker-1", "broker-2-broker-3"]) {
      await wire(page, key).focus();
      await page.keyboard.press("Enter");
      await menu(page, key).waitFor();
      const place = await menu(page, key).evaluate((menu) => {
        const own = menu.getBoundingClientRect();
        // A phone's is a sheet above the bars at the bottom; a desk's stands in what is seen of the stage.
        const foot = document.querySelector("footer").getBoundingClientRect();
        const seen = menu.offsetParent ? document.querySelector("#stage").getBoundingClientRect() : { left: 0, right: innerWidth, top: 0 };
        const inside = own.left >= seen.left - 1 && own.right <= seen.right + 1 && own.top >= seen.top - 1 && own.bottom <= foot.top + 1;
        const buttons = [...menu.querySelectorAll("button")].map((button) => button.getBoundingClientRect());
        const inSight = buttons.filter((box) => box.top >= own.top && box.bottom <= own.bottom);
        const onTop = inSight.every((box) => menu.contains(document.elementFromPoint(box.left + 5, box.top + 5)));
        const isWhole = menu.scrollHeight <= menu.clientHeight + 1;
        return { inside, isWhole, onTop, width: own.width };
      });
      assert.ok(place.inside && place.width > 200, `${key}: ${JSON.stringify(place)}`);
      if (viewport) assert.equal(place.width, viewport.width, "a sheet is as wide as the screen");
      if (!viewport) {
        assert.ok(place.onTop, "nothing lies over its buttons");
        assert.ok(place.isWhole, "every button is in sight");
        assert.deepEqual(await seriousViolations(page), []);
      }
      await page.keyboard.press("Escape");
    }
    await close();
  }
});

test("on a phone a broker's faults are a sheet above the transport, with a sign to close it", async () => {
  const { page, close } = await open(browser, { at: "#/acks", viewport: PHONE });
  const menu = page.locator('[data-fault-menu="broker 2"]');
  await menu.locator("summary").click();
  const sign = menu.locator("[data-fault-menu-close]");
  await sign.waitFor();
  const place = await sign.evaluate((button) => {
    const [own, foot] = [button.parentElement.getBoundingClientRect(), document.querySelector("footer").getBoundingClientRect()];
    return { left: own.left, width: own.width, above: own.bottom <= foot.top + 1, top: own.top };
  });
  assert.ok(place.above && place.top > 0, JSON.stringify(place));
  assert.deepEqual([place.left, place.width], [0, PHONE.width]);
  for (const button of await menu.locator("[data-fault]").all()) {
    await button.scrollIntoViewIfNeeded();
    assert.ok(await button.evaluate((own) => {
      const box = own.getBoundingClientRect();
      return own.contains(document.elementFromPoint(box.left + 5, box.top + box.height / 2));
    }), "it can be tapped");
  }
  await sign.click();
  await page.locator('[data-fault-menu="broker 2"][open]').waitFor({ state: "detached" });
  assert.ok(await hasFocus(menu.locator("summary")), "the focus is on its word again");
  await close();
});

test("a controller's open menu lies over the messages that pass there", async () => {
  const { page, close } = await open(browser, { at: "#/cluster" });
  await playTo(page, 300_000);
  await page.locator('[data-fault-menu="controller 1"] > summary').click();
  const [readers, motion] = await page.evaluate(() => {
    const level = (element) => Number(getComputedStyle(element).zIndex);
    const card = document.querySelector('[data-fault-menu="controller 1"]').closest("[data-controller]");
    return [level(card.parentElement), level(document.querySelector("#stage canvas"))];
  });
  assert.ok(readers > motion, `${readers} and ${motion}`);
  await close();
});

test("the list of links is made only while it is open, group by group", async () => {
  const { page, close } = await open(browser, { at: "#/acks" });
  await load(page, scenario({ partitions: 3 }));
  await pause(page);
  const list = page.locator('[data-fault-menu="links"]');
  assert.equal(await list.locator("button").count(), 0, "closed, it holds its word alone");
  await list.locator("> summary").click();
  await list.locator('[data-link="p1-broker-1"]').waitFor();
  assert.equal(await list.locator("[data-link]").count(), 3, "one group is open at first");
  await list.locator('[data-link-group="between brokers"] > summary').click();
  await list.locator('[data-fault="cut-broker-1-broker-2"]').click();
  await list.locator("> summary", { hasText: "something is wrong with 1" }).waitFor();
  await list.locator('[data-fault="heal-network"]').click();
  await list.locator("> summary", { hasText: "Links and their faults" }).waitFor();
  await list.locator('[data-link-group="between brokers"] > summary').click();
  await eventually(async () => assert.equal(await list.locator("[data-link]").count(), 3));
  await close();
});
