// How Chromium is started, for every test and the benchmark: xtask tells the driver of the WebAssembly tests the same.

import { readFileSync } from "node:fs";

export const ARGS = JSON.parse(readFileSync(new URL("chromium-arguments.json", import.meta.url), "utf8"));
