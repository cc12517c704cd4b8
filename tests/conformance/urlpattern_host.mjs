// Runs urlpattern_worker.mjs in workerd: the cases as JSON on standard input, what became of them on standard output.

import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

import { Miniflare } from "miniflare";

const COMPATIBILITY_DATE = "2026-07-01"; // as in host/dev.mjs

const contents = readFileSync(new URL("./urlpattern_worker.mjs", import.meta.url), "utf8");
const modules = [{ type: "ESModule", path: "urlpattern_worker.mjs", contents }];
const platform = new Miniflare({ modules, compatibilityDate: COMPATIBILITY_DATE, cf: false });
try {
  const answer = await platform.dispatchFetch("http://patterns/", { method: "POST", body: await text(process.stdin) });
  process.stdout.write(await answer.text());
} finally {
  await platform.dispose();
}
