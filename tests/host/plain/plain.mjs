// Runs plain_worker.mjs beside the product's modules in workerd, without Python. usage: node plain.mjs EDGE_FOLDER OPTIONS_JSON
// (miniflare's own, such as bindings). One line on stdout: its address. Ends with its standard input.

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { Log, LogLevel, Miniflare } = createRequire(import.meta.url)("miniflare");

const [edge, options] = process.argv.slice(2);
const here = import.meta.dirname;
const modules = [
  { type: "ESModule", path: "plain_worker.mjs", contents: readFileSync(`${here}/plain_worker.mjs`, "utf8") },
  ...readdirSync(edge)
    .filter((name) => name.endsWith(".mjs"))
    .map((path) => ({ type: "ESModule", path, contents: readFileSync(`${edge}/${path}`, "utf8") })),
];
const platform = new Miniflare({
  modules,
  compatibilityDate: "2026-07-01",
  host: "127.0.0.1",
  port: 0,
  cf: false,
  log: new Log(LogLevel.ERROR),
  handleRuntimeStdio(out, err) {
    out.pipe(process.stderr);
    err.pipe(process.stderr);
  },
  ...JSON.parse(options),
});
console.log((await platform.ready).origin);
process.stdin.resume().on("end", async () => {
  await platform.dispose();
  process.exit(0);
});
