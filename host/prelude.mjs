// Imported before Pyodide. At start workerd has no network, no timers and no entropy, and it never compiles
// WebAssembly from bytes; Pyodide's loader asks for all of them. These stand-ins answer from the modules that were
// given to the worker, and `restore` takes them away again before the first request.

import stdlib from "./python_stdlib.zip";
import interpreter from "./pyodide.asm.wasm";

const PAGE = "file:///";
const saved = new Map();

function replace(owner, name, value) {
  saved.set(name, [owner, Object.getOwnPropertyDescriptor(owner, name)]);
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
}

/** Not a Response: workerd makes none outside a request. */
function fileNamed(url) {
  const name = String(url).split("/").pop();
  if (name === "python_stdlib.zip") return { ok: true, arrayBuffer: async () => stdlib };
  if (name === "pyodide.asm.wasm") return { ok: true };
  throw new Error(`not available while starting: ${name}`);
}

/** A channel that delivers in a microtask: the real one needs a request to run in. */
class StartChannel {
  constructor() {
    this.port1 = { onmessage: null };
    this.port2 = { postMessage: (data) => queueMicrotask(() => this.port1.onmessage?.({ data })) };
  }
}

function countingBytes(view) {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = (i * 167 + 13) & 255;
  return view;
}

async function refuseToCompile() {
  throw new WebAssembly.CompileError("workerd compiles no WebAssembly from bytes");
}

async function instantiate(source, imports) {
  if (!(source instanceof WebAssembly.Module)) return refuseToCompile();
  return new WebAssembly.Instance(source, imports);
}

async function instantiateInterpreter(_response, imports) {
  return { module: interpreter, instance: new WebAssembly.Instance(interpreter, imports) };
}

replace(globalThis, "fetch", async (url) => fileNamed(url));
replace(globalThis, "setTimeout", (call, _delay, ...args) => (queueMicrotask(() => call(...args)), 0));
replace(globalThis, "addEventListener", () => {});
replace(globalThis, "location", { href: PAGE, toString: () => PAGE });
replace(globalThis, "MessageChannel", StartChannel);
replace(crypto, "getRandomValues", countingBytes);
replace(WebAssembly, "compile", refuseToCompile);
replace(WebAssembly, "instantiate", instantiate);
replace(WebAssembly, "instantiateStreaming", instantiateInterpreter);

/** Put the platform's own functions back; harmless when called twice. */
export function restore() {
  for (const [name, [owner, descriptor]] of saved) {
    if (descriptor === undefined) delete owner[name];
    else Object.defineProperty(owner, name, descriptor);
  }
  saved.clear();
}
