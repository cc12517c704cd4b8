// Starts Python inside workerd: from the memory snapshot if the build made one, else from nothing.

import { restore } from "./prelude.mjs";
import * as cloudflareWorkersModule from "cloudflare:workers";
import * as cloudflareSocketsModule from "cloudflare:sockets";
import createPyodideModule from "./pyodide.asm.mjs";
import { loadPyodide } from "./pyodide.mjs";
import lockText from "./pyodide-lock.json";
import application from "./app.zip";
import snapshot from "./snap.bin";
import { ADAPTER, ENVIRONMENT, FLAGS, FLAGS_MODULE, HELPER_MODULE, INDEX, install } from "./layout.mjs";
import { unpack } from "./sparse.mjs";

let python;
let fatal = null;
const waiting = new Set();

/** A coroutine handed to waitUntil is a borrowed proxy that dies when the call returns: keep a copy until it is done. */
function patchWaitUntil(ctx) {
  const waitUntil = ctx.waitUntil.bind(ctx);
  const keep = async (proxy) => {
    try {
      await proxy;
    } finally {
      proxy.destroy();
    }
  };
  ctx.waitUntil = (task) => waitUntil(task instanceof python.ffi.PyProxy ? keep(task.copy()) : task);
}

/** What the SDK imports as `_pyodide_entrypoint_helper`. */
const helper = {
  cloudflareWorkersModule,
  cloudflareSocketsModule,
  doAnImport: (name) => import(name),
  patchWaitUntil,
  patch_env_helper() {
    throw new Error("patch_env is not available in the Tessera host");
  },
};

function options() {
  const common = {
    createPyodideModule,
    indexURL: INDEX,
    packageBaseUrl: INDEX,
    lockFileContents: JSON.parse(lockText),
    env: { ...ENVIRONMENT },
    stdout: (line) => console.log(line),
    stderr: (line) => console.error(line),
  };
  if (snapshot.byteLength === 0) return common;
  const known = { [HELPER_MODULE]: helper, [FLAGS_MODULE]: FLAGS };
  return { ...common, _loadSnapshot: unpack(snapshot), _snapshotDeserializer: (name) => known[name] };
}

/**
 * Start the interpreter and return the Python adapter's functions; throws when Python does not start.
 *
 * @param reached told "interpreter" once Python runs, for who measures the start
 */
export async function start(reached = () => {}) {
  try {
    python = await loadPyodide(options());
    reached("interpreter");
    python._api.on_fatal = die;
    install(python, new Uint8Array(application));
    if (snapshot.byteLength === 0) {
      python.registerJsModule(HELPER_MODULE, helper);
      python.registerJsModule(FLAGS_MODULE, FLAGS);
    }
    return python.pyimport(ADAPTER);
  } finally {
    restore();
  }
}

/** A fatal error leaves the interpreter unusable, and whoever waits for it would wait for ever. */
function die(error) {
  fatal = error;
  for (const reject of waiting) reject(error);
}

/** Whether the interpreter has started and met no fatal error. */
export const isAlive = () => python !== undefined && fatal === null;

/** Wait for what the adapter gives, a coroutine or a promise, and free it; rejects as soon as the interpreter dies. */
export async function settle(call) {
  if (fatal) throw fatal;
  let reject;
  const death = new Promise((_, fail) => waiting.add((reject = fail)));
  const task = call();
  try {
    return await Promise.race([task, death]);
  } finally {
    waiting.delete(reject);
    if (!fatal) task?.destroy?.();
  }
}

/** Ruin the interpreter's memory: every later call into it traps, as after a crash in WebAssembly. For fault injection. */
export function crash() {
  python._module.HEAPU8.fill(255);
}
