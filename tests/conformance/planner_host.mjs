// Runs planner_worker.mjs beside the product's own modules in workerd: a line of JSON in, a line of JSON out.
// usage: node planner_host.mjs FOLDER_OF_THE_PRODUCT'S_MODULES

import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import { Miniflare } from "miniflare";

const COMPATIBILITY_DATE = "2026-07-01";

const own = new URL("./planner_worker.mjs", import.meta.url);
const edge = process.argv[2];
const product = readdirSync(edge).filter((name) => name.endsWith(".mjs"));
const modules = [
  { type: "ESModule", path: "planner_worker.mjs", contents: readFileSync(own, "utf8") },
  ...product.map((path) => ({ type: "ESModule", path, contents: readFileSync(`${edge}/${path}`, "utf8") })),
];
const platform = new Miniflare({ modules, compatibilityDate: COMPATIBILITY_DATE, cf: false });

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await platform.dispatchFetch("http://planner/", { method: "POST", body: line });
  process.stdout.write(`${await answer.text()}\n`);
}
await platform.dispose();
