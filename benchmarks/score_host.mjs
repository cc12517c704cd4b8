// Runs the worker of the scoring benchmark in workerd. node score_host.mjs <modules.json>; one JSON line on stdout when ready;
// ends when its standard input closes.
import { readFileSync } from "node:fs";
import { Miniflare } from "miniflare";

const text = new Set(["ESModule", "Text"]);
const modules = JSON.parse(readFileSync(process.argv[2], "utf8"));
const mf = new Miniflare({
  host: "127.0.0.1",
  port: 0,
  cf: false,
  compatibilityDate: "2026-07-01",
  modulesRoot: "/",
  modules: modules.map(({ type, name, path }) => ({ type, path: `/${name}`, contents: readFileSync(path, text.has(type) ? "utf8" : undefined) })),
  handleRuntimeStdio(out, err) {
    out.pipe(process.stderr);
    err.pipe(process.stderr);
  },
});
const url = (await mf.ready).origin;
console.log(JSON.stringify({ url }));
process.stdin.resume();
process.stdin.on("end", async () => {
  await mf.dispose();
  process.exit(0);
});
