// Runs inspector_worker.mjs beside the product's own modules in workerd: a line of JSON in, a line of JSON out for each page.
// usage: node inspector.mjs FOLDER_OF_THE_PRODUCT'S_MODULES. Ends with its standard input; questions are answered side by side.

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { Log, LogLevel, Miniflare } = createRequire(import.meta.url)("miniflare");

const COMPATIBILITY_DATE = "2026-07-01";
const AT_ONCE = 4;

const edge = process.argv[2];
const own = { type: "ESModule", path: "inspector_worker.mjs", contents: readFileSync(new URL("./inspector_worker.mjs", import.meta.url), "utf8") };
const product = readdirSync(edge).filter((name) => name.endsWith(".mjs"));
const platform = new Miniflare({
  modules: [own, ...product.map((path) => ({ type: "ESModule", path, contents: readFileSync(`${edge}/${path}`, "utf8") }))],
  compatibilityDate: COMPATIBILITY_DATE,
  cf: false,
  log: new Log(LogLevel.ERROR),
  handleRuntimeStdio(out, err) {
    // stdout belongs to the answers
    out.resume();
    err.resume();
  },
});

async function answer(line) {
  const { number } = JSON.parse(line);
  try {
    const told = await platform.dispatchFetch("http://inspector/", { method: "POST", body: line });
    return { number, ...(await told.json()) };
  } catch (error) {
    return { number, error: String(error?.message ?? error) };
  }
}

const running = new Set();
for await (const line of createInterface({ input: process.stdin })) {
  const task = answer(line).then((told) => {
    running.delete(task);
    process.stdout.write(`${JSON.stringify(told)}\n`);
  });
  running.add(task);
  if (running.size >= AT_ONCE) await Promise.race(running);
}
await Promise.all(running);
await platform.dispose();
