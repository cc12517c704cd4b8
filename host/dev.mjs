// Runs the host: miniflare (workerd) on the loopback address, and the admin server beside it.
// node dev.mjs <config.json>; the file holds secrets, so it is deleted once read. One JSON line on stdout when ready.
// Ends on SIGTERM or SIGINT, and when its standard input closes, which is how it notices that its parent is gone.

import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { serveAdmin } from "./admin.mjs";

const { Log, LogLevel, Miniflare } = createRequire(import.meta.url)("miniflare");

const LOOPBACK = "127.0.0.1";
const ROOT = dirname(import.meta.dirname);
const COMPATIBILITY_DATE = "2026-07-01";
const KV = ["PROFILES", "RELEASES"];
const R2 = ["BUNDLES", "LOG", "STATE"];
const QUEUES = ["DECISIONS", "EVENTS"];
const BATCH = { maxBatchSize: 100, maxBatchTimeout: 0.1, maxRetries: 3, deadLetterQueue: "dead" };
const LAST = { maxBatchSize: 100, maxBatchTimeout: 0.1, maxRetries: 100 }; // of what is given up nothing is dropped

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
      HOST_FRONT: config.front ? "1" : "",
    },
    queueProducers: Object.fromEntries(QUEUES.map((name) => [name, { queueName: name.toLowerCase() }])),
    queueConsumers: { decisions: BATCH, events: BATCH, dead: LAST },
    serviceBindings: services(config),
    ratelimits: limits(config),
    assets: assets(config),
  };
}

/** Calls that are allowed within a minute, by binding. */
function limits(config) {
  const named = Object.entries(config.limits).map(([name, limit], i) => [name, { namespace_id: String(i + 1), simple: { limit, period: 60 } }]);
  return Object.fromEntries(named);
}

function services(config) {
  return Object.fromEntries(Object.entries(config.services).map(([name, address]) => [name, { external: { address, http: {} } }]));
}

/** The pages that stand for the origin. */
function assets(config) {
  return {
    directory: config.assets,
    binding: "ASSETS",
    assetConfig: { not_found_handling: "404-page" },
    routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
  };
}

function common(port) {
  return {
    host: LOOPBACK,
    port,
    cf: false,
    log: new Log(LogLevel.WARN),
    compatibilityDate: COMPATIBILITY_DATE,
    handleRuntimeStdio(out, err) {
      // stdout belongs to the one line that says "ready"
      out.pipe(process.stderr);
      err.pipe(process.stderr);
    },
  };
}

function options(config) {
  return {
    ...common(config.front ? 0 : config.port),
    modulesRoot: "/",
    ...stores(config.state),
    ...(config.storeOnly ? { modules: EMPTY_WORKER } : worker(config)),
  };
}

/** The front in a workerd of its own: in one process Python's start would hold up everybody's timers. */
function frontOptions(config, edge) {
  return {
    ...common(config.port),
    modules: true,
    modulesRoot: ROOT,
    modulesRules: [{ type: "ESModule", include: ["**/*.mjs"] }],
    scriptPath: join(ROOT, "front", "front.mjs"),
    bindings: config.variables,
    serviceBindings: { ...services(config), EDGE: (request) => edge.dispatchFetch(request) },
    assets: assets(config),
  };
}

async function bindingsOf(miniflare, { storeOnly }) {
  const pairs = async (names, get) => Object.fromEntries(await Promise.all(names.map(async (name) => [name, await get(name)])));
  return {
    kv: await pairs(KV, (name) => miniflare.getKVNamespace(name)),
    r2: await pairs(R2, (name) => miniflare.getR2Bucket(name)),
    queue: await pairs(storeOnly ? [] : QUEUES, (name) => miniflare.getQueueProducer(name)),
  };
}

/** Faults of the Python Worker, past the front. */
async function fault(miniflare, token, body) {
  const response = await miniflare.dispatchFetch(`http://${LOOPBACK}/.host/faults`, { method: "POST", body, headers: { "tessera-host-token": token } });
  return response.json();
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
  const front = config.front ? new Miniflare(frontOptions(config, miniflare)) : null;
  let admin;
  let ending = false;
  const end = async (code) => {
    if (ending) return;
    ending = true;
    admin?.close();
    await Promise.all([front?.dispose(), miniflare.dispose()]);
    clear(); // dispose does not wait for it
    process.exit(code);
  };
  // miniflare's own listeners end the process at once, before its stores are closed
  for (const signal of ["SIGTERM", "SIGINT"]) process.removeAllListeners(signal);
  process.on("SIGTERM", () => end(0));
  process.on("SIGINT", () => end(0));
  process.stdin.resume().on("end", () => end(0)).on("error", () => end(0));

  try {
    const stores = bindingsOf(miniflare, config);
    stores.catch((error) => console.error(error?.stack ?? error));
    const url = (await (front ?? miniflare).ready).origin;
    if (!config.storeOnly && !front) await warm(url, config.token);
    const status = { url: config.storeOnly ? null : url, storeOnly: config.storeOnly, pid: process.pid };
    admin = await serveAdmin({ token: config.token, port: config.adminPort, stores, status, fault: (body) => fault(miniflare, config.token, body) });
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
