// The same static pages in the same workerd without Tessera: what a page costs before anything is personalised.
import { Miniflare } from "miniflare";

const [directory] = process.argv.slice(2);
const mf = new Miniflare({
  modules: true,
  script: "export default { fetch: (request, env) => env.ASSETS.fetch(request) };",
  compatibilityDate: "2026-07-01",
  cf: false,
  host: "127.0.0.1",
  port: 0,
  assets: { directory, binding: "ASSETS", routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true } },
});
console.log(JSON.stringify({ url: (await mf.ready).origin }));
process.stdin.resume();
process.stdin.on("end", async () => {
  await mf.dispose();
  process.exit(0);
});
