// What axe and the phone's width demand of every room.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The violations that axe calls serious or critical, one sentence each. */
export async function seriousViolations(page) {
  // Evaluated by the test's own channel, so the page's policy stays as it is.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter((violation) => violation.impact === "serious" || violation.impact === "critical")
    .map((violation) => {
      const places = violation.nodes.slice(0, 5).map((node) => `${node.target.join(" ")} (${node.failureSummary})`);
      return `${violation.id}: ${violation.help}: ${places.join("; ")}`;
    });
}

/**
 * What is cut off at the window's width, and what scrolls sideways although it is not the stage.
 *
 * What stands inside a sideways scroller is reached by scrolling, so only the scroller itself is judged.
 */
export async function cutOff(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const scrolls = (element) => ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
    const name = (element) => `${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""}`;
    const isSeen = (element, box) => box.width > 1 && box.height > 1 && element.checkVisibility({ visibilityProperty: true });
    const isInScroller = (element) => {
      for (let up = element.parentElement; up && up !== document.body; up = up.parentElement) if (scrolls(up)) return true;
      return false;
    };
    const found = [];
    if (document.documentElement.scrollWidth > width) found.push(`the page is ${document.documentElement.scrollWidth} px wide`);
    for (const element of document.body.querySelectorAll("*")) {
      const box = element.getBoundingClientRect();
      if (!isSeen(element, box)) continue;
      if (scrolls(element) && element.scrollWidth > element.clientWidth + 1 && !element.closest("#stage")) {
        found.push(`${name(element)} scrolls sideways`);
      }
      const isOutside = box.right > width + 1 || box.left < -1;
      if (isOutside && !isInScroller(element)) found.push(`${name(element)} reaches from ${Math.round(box.left)} to ${Math.round(box.right)}`);
    }
    return found;
  });
}
