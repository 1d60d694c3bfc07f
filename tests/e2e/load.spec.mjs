// The page loads: under any path, within its policy, offline after the first time, and says so where it cannot run.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, open, ready, URL_AT_ROOT, URL_BELOW } from "./page.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

for (const base of [URL_AT_ROOT, URL_BELOW]) {
  test(`loads at ${new URL(base).pathname}`, async () => {
    const { page, close } = await open(browser, { base });
    assert.equal(await page.locator("#boot-loading").count(), 0, "the loading state is gone");
    await close();
  });
}

test("the policy in force refuses inline code and other origins", async () => {
  const { page, context, faults } = await open(browser);
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.inlineRan = true";
    document.body.append(script);
    return fetch("https://example.invalid/").catch(() => {});
  });
  assert.equal(await page.evaluate(() => window.inlineRan), undefined);
  await context.close();
  const refused = faults.filter((fault) => fault.startsWith("policy:"));
  assert.ok(refused.some((fault) => fault.includes("script-src")), refused.join("\n"));
  assert.ok(refused.some((fault) => fault.includes("connect-src")), refused.join("\n"));
});

test("loads again without a network", async () => {
  const { page, context, faults } = await open(browser);
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller) {
      await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve));
    }
  });
  await context.setOffline(true);
  const reached = await page.evaluate(() => fetch("./not-kept").then(() => true, () => false));
  assert.equal(reached, false, "the network is really gone, for the service worker too");
  await page.reload();
  await ready(page);
  await context.close();
  assert.deepEqual(faults.filter((fault) => !fault.startsWith("console: Failed to load resource")), []);
});

test("without scripts a sentence says what is needed", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(URL_BELOW);
  assert.match(await page.locator("noscript").innerText(), /needs JavaScript/);
  await context.close();
});

test("without WebAssembly a sentence says what is needed", async () => {
  const context = await browser.newContext();
  await context.addInitScript(() => delete window.WebAssembly);
  const page = await context.newPage();
  await page.goto(URL_BELOW);
  await page.getByText("needs WebAssembly").waitFor();
  assert.equal(await page.locator("#boot-loading").isVisible(), false);
  await context.close();
});

test("a program that cannot be fetched is a sentence with the reason", async () => {
  const context = await browser.newContext({ serviceWorkers: "block" });
  const page = await context.newPage();
  await page.route("**/*.wasm", (route) => route.abort());
  await page.goto(URL_BELOW);
  await page.getByText("could not be loaded").waitFor();
  assert.notEqual(await page.locator("#boot-reason").innerText(), "");
  await context.close();
});

const REST = "**/rest-*.wasm";

test("the first page runs while the rest of the program is still on its way", async () => {
  const context = await browser.newContext({ serviceWorkers: "block" });
  const page = await context.newPage();
  const asked = [];
  page.on("request", (request) => request.url().includes("/rest-") && asked.push(request.resourceType()));
  let goOn;
  const held = new Promise((resolve) => (goOn = resolve));
  await page.route(REST, (route) => held.then(() => route.continue()));
  await page.goto(URL_BELOW);
  await ready(page);
  await page.locator('[data-landing="act"]:enabled').waitFor();
  assert.deepEqual(asked, ["fetch"], "asked for once, and not waited for");
  goOn();
  await page.locator("header a[href='#/ring']").click();
  await page.locator('[data-room="ring"]').waitFor();
  await context.close();
});

test("what needs the rest of the program before it came waits for it", async () => {
  const context = await browser.newContext({ serviceWorkers: "block" });
  const page = await context.newPage();
  const broken = [];
  page.on("pageerror", (error) => broken.push(error.message));
  await page.route(REST, (route) => (route.request().resourceType() === "fetch" ? route.abort() : route.continue()));
  await page.goto(`${URL_BELOW}#/ring`);
  await page.locator('[data-room="ring"]').waitFor();
  await page.locator("header a[href='#/log']").click();
  await page.locator('[data-room="log"]').waitFor();
  assert.deepEqual(broken, []);
  await context.close();
});
