// Runs the Worker natively: an older workerd with Pyodide built in, the origin as a function here, and the admin server of
// the host over its stores. node native_host.mjs <config.json>; one JSON line on stdout when ready; ends with its input.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const config = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { serveAdmin } = await import(config.admin);
const { Log, LogLevel, Miniflare, Response } = createRequire(config.package)("miniflare");

const KV = ["PROFILES", "RELEASES"];
const R2 = ["BUNDLES", "LOG", "STATE"];
const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What a test wants the origin to answer, in a header of the request; else a file of the site. */
async function origin(request) {
  const told = JSON.parse(request.headers.get("x-origin") ?? "null");
  if (told) {
    if (told.wait) await later(told.wait);
    const body = Buffer.concat([Buffer.from(told.body, "base64"), Buffer.alloc(told.more, " ")]);
    return new Response(body.length ? body : null, { status: told.status ?? 200, headers: told.headers });
  }
  const { pathname } = new URL(request.url);
  const path = join(config.assets, pathname.endsWith("/") ? `${pathname}index.html` : pathname);
  if (pathname.includes("..") || !existsSync(path)) return new Response("not found", { status: 404 });
  const body = readFileSync(path);
  const etag = `"${createHash("sha256").update(body).digest("hex").slice(0, 16)}"`;
  return new Response(body, { headers: { "content-type": path.endsWith(".html") ? "text/html; charset=utf-8" : "text/plain", etag } });
}

const miniflare = new Miniflare({
  host: "127.0.0.1",
  port: 0,
  cf: config.cf,
  log: new Log(LogLevel.WARN),
  compatibilityDate: "2024-07-01",
  compatibilityFlags: ["python_workers"],
  modulesRoot: "/",
  modules: config.modules.map(({ name, path }) => ({ type: "PythonModule", path: `/${name}`, contents: readFileSync(path, "utf8") })),
  bindings: config.variables,
  kvNamespaces: KV,
  r2Buckets: R2,
  serviceBindings: { ASSETS: origin },
  handleRuntimeStdio(out, err) {
    out.pipe(process.stderr);
    err.pipe(process.stderr);
  },
});

async function end(code) {
  await miniflare.dispose();
  process.exit(code);
}

process.stdin.resume().on("end", () => end(0));
process.on("SIGTERM", () => end(0));

/** A store as the admin server takes it; this miniflare wants buffers of its own. */
function storeOf(store) {
  const put = (key, value, options) => store.put(key, new Uint8Array(value).buffer, options);
  return { get: (...asked) => store.get(...asked), list: (...asked) => store.list(...asked), delete: (key) => store.delete(key), put };
}

const pairs = async (names, get) => Object.fromEntries(await Promise.all(names.map(async (name) => [name, storeOf(await get(name))])));
try {
  const url = (await miniflare.ready).origin;
  const stores = pairs(KV, (name) => miniflare.getKVNamespace(name)).then(async (kv) => ({ kv, r2: await pairs(R2, (name) => miniflare.getR2Bucket(name)) }));
  const admin = await serveAdmin({ token: config.token, port: 0, stores, status: { url } });
  process.stdout.write(`${JSON.stringify({ url, adminUrl: admin.url })}\n`);
} catch (error) {
  console.error(error?.stack ?? error);
  await end(1);
}
