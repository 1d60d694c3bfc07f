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

/** What reaches beyond the window's width, outside of the one area that may scroll sideways. */
export async function cutOff(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const found = [];
    if (document.documentElement.scrollWidth > width) found.push(`the page is ${document.documentElement.scrollWidth} px wide`);
    for (const element of document.body.querySelectorAll("*")) {
      const box = element.getBoundingClientRect();
      if (box.width === 0 || box.height === 0 || box.right <= width + 1) continue;
      if (element.closest("[data-scrolls-sideways]") || !element.checkVisibility({ visibilityProperty: true })) continue;
      const clipped = getComputedStyle(element).clipPath !== "none" || box.width <= 1;
      if (!clipped) found.push(`${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""} ends at ${Math.round(box.right)}`);
    }
    return found;
  });
}
