// Runs the two workers of the decision benchmark in one workerd: /tessera/… is Python, /peers/… the JavaScript peers.
// node decide_host.mjs <modules.json>; one JSON line on stdout when ready; ends when its standard input closes.
import { readFileSync } from "node:fs";
import { Miniflare } from "miniflare";

const ROUTER = `export default {
  fetch: (request, env) => (new URL(request.url).pathname.startsWith("/tessera/") ? env.TESSERA : env.PEERS).fetch(request),
};`;

const text = new Set(["ESModule", "Text"]);
const modules = (list) => list.map(({ type, name, path }) => ({ type, path: `/${name}`, contents: readFileSync(path, text.has(type) ? "utf8" : undefined) }));
const { tessera, peers } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const common = { compatibilityDate: "2026-07-01", modulesRoot: "/" };
const mf = new Miniflare({
  host: "127.0.0.1",
  port: 0,
  cf: false,
  workers: [
    { ...common, name: "router", modules: true, script: ROUTER, serviceBindings: { TESSERA: "tessera", PEERS: "peers" } },
    { ...common, name: "tessera", modules: modules(tessera) },
    { ...common, name: "peers", modules: modules(peers) },
  ],
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
