// Runs the host: miniflare (workerd) on the loopback address, and the admin server beside it.
// node dev.mjs <config.json>; the file holds secrets, so it is deleted once read. One JSON line on stdout when ready.
// Ends on SIGTERM or SIGINT, and when its standard input closes, which is how it notices that its parent is gone.

import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { serveAdmin } from "./admin.mjs";

const { Log, LogLevel, Miniflare } = createRequire(import.meta.url)("miniflare");

const LOOPBACK = "127.0.0.1";
const COMPATIBILITY_DATE = "2026-07-01";
const KV = ["PROFILES", "RELEASES"];
const R2 = ["BUNDLES", "LOG"];
const BATCH = { maxBatchSize: 100, maxBatchTimeout: 0.1, maxRetries: 3 };

const EMPTY_WORKER = [
  { type: "ESModule", path: "/store.mjs", contents: "export default { fetch: () => new Response(null, { status: 404 }) }" },
];

/** Text for what miniflare compiles or passes as text, bytes for the rest. */
function contentsOf({ type, path }) {
  return readFileSync(path, type === "ESModule" || type === "Text" ? "utf8" : undefined);
}

function modulesOf({ modules }) {
  return modules.map((each) => ({ type: each.type, path: `/${each.name}`, contents: contentsOf(each) }));
}

function stores(state) {
  return {
    kvNamespaces: Object.fromEntries(KV.map((name) => [name, name.toLowerCase()])),
    r2Buckets: Object.fromEntries(R2.map((name) => [name, name.toLowerCase()])),
    kvPersist: join(state, "kv"),
    r2Persist: join(state, "r2"),
  };
}

function worker(config) {
  return {
    modules: modulesOf(config),
    bindings: {
      ...config.variables,
      ...config.secrets,
      HOST_TOKEN: config.token,
      HOST_FACTS: JSON.stringify(config.facts),
    },
    queueProducers: { DECISIONS: { queueName: "decisions" } },
    queueConsumers: { decisions: BATCH },
    assets: {
      directory: config.assets,
      binding: "ASSETS",
      assetConfig: { not_found_handling: "404-page" },
      routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
    },
  };
}

function options(config) {
  return {
    host: LOOPBACK,
    port: config.port,
    cf: false,
    log: new Log(LogLevel.WARN),
    compatibilityDate: COMPATIBILITY_DATE,
    modulesRoot: "/",
    handleRuntimeStdio(out, err) {
      // stdout belongs to the one line that says "ready"
      out.pipe(process.stderr);
      err.pipe(process.stderr);
    },
    ...stores(config.state),
    ...(config.storeOnly ? { modules: EMPTY_WORKER } : worker(config)),
  };
}

async function bindingsOf(miniflare) {
  const pairs = async (names, get) => Object.fromEntries(await Promise.all(names.map(async (name) => [name, await get(name)])));
  return {
    kv: await pairs(KV, (name) => miniflare.getKVNamespace(name)),
    r2: await pairs(R2, (name) => miniflare.getR2Bucket(name)),
  };
}

/** Ask the Worker once, so that "ready" means that Python answers. */
async function warm(url, token) {
  const response = await fetch(new URL("/.host/ready", url), { headers: { "tessera-host-token": token } });
  const { ready, error } = await response.json();
  if (!ready) throw new Error(error ?? `the worker answered ${response.status}`);
}

async function run(config) {
  // in the state folder, where a host that was killed leaves nothing that the next one does not remove
  const temporary = join(config.state, ".tmp");
  const clear = () => rmSync(temporary, { recursive: true, force: true, maxRetries: 3 });
  clear();
  mkdirSync(temporary);
  process.env.TMPDIR = temporary;
  const miniflare = new Miniflare(options(config));
  let admin;
  let ending = false;
  const end = async (code) => {
    if (ending) return;
    ending = true;
    admin?.close();
    await miniflare.dispose();
    clear(); // dispose does not wait for it
    process.exit(code);
  };
  // miniflare's own listeners end the process at once, before its stores are closed
  for (const signal of ["SIGTERM", "SIGINT"]) process.removeAllListeners(signal);
  process.on("SIGTERM", () => end(0));
  process.on("SIGINT", () => end(0));
  process.stdin.resume().on("end", () => end(0)).on("error", () => end(0));

  try {
    const url = (await miniflare.ready).origin;
    if (!config.storeOnly) await warm(url, config.token);
    const status = { url: config.storeOnly ? null : url, storeOnly: config.storeOnly, pid: process.pid };
    admin = await serveAdmin({ token: config.token, port: config.adminPort, stores: await bindingsOf(miniflare), status });
    process.stdout.write(`${JSON.stringify({ ready: true, url: status.url, adminUrl: admin.url })}\n`);
  } catch (error) {
    console.error(error?.stack ?? error);
    await end(1);
  }
}

const [path] = process.argv.slice(2);
const config = JSON.parse(readFileSync(path, "utf8"));
rmSync(path);
await run(config);
