// Tessera in the page benchmark: the host's interpreter with the product's Worker, and bindings that live in this process.
// What only the host does (supplied facts, injected faults) is left out. DIRECT=no enters by the class of the Python entry, as the
// platform does with every request; else, as in host.mjs, the bridge is entered straight once it has begun. /.bench/stats tells how often a profile was read and what was logged.
import { hasBegun, serve } from "./bridge.mjs";
import { settle, start } from "./interpreter.mjs";
import { origin } from "./page_origin.mjs";
import stored from "./stores.json";

const REMEMBERED = 256; // messages
const HELD = `(__import__("gc").collect(), [
  len(__import__("gc").get_objects()), __import__("pyodide_js")._module._hiwire_num_refs()
])[1]`;

const python = await start();
const stores = JSON.parse(stored);
const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

class KVNamespace {
  reads = 0;
  #values;
  constructor(values) {
    this.#values = new Map(Object.entries(values));
  }
  async get(key) {
    this.reads += 1;
    if (Array.isArray(key)) return new Map(key.map((each) => [each, this.#values.get(each) ?? null]));
    return this.#values.get(key) ?? null;
  }
}

class R2Object {
  #bytes;
  constructor(bytes) {
    this.#bytes = bytes;
  }
  async arrayBuffer() {
    return this.#bytes.slice().buffer;
  }
  async text() {
    return new TextDecoder().decode(this.#bytes);
  }
}

class R2Bucket {
  #values;
  constructor(values) {
    this.#values = new Map(Object.entries(values).map(([key, text]) => [key, bytesOf(text)]));
  }
  async get(key) {
    const bytes = this.#values.get(key);
    return bytes === undefined ? null : new R2Object(bytes);
  }
}

class Queue {
  sent = 0;
  last = [];
  async send(message) {
    this.last[this.sent % REMEMBERED] = message;
    this.sent += 1;
  }
}

class Fetcher {
  fetch(request, init) {
    return origin(init ? new Request(request, init) : request);
  }
}

const queue = new Queue();
const profiles = new KVNamespace(stores.PROFILES);
let bindings;

/** The variables as they come, with the stores and the origin beside them. */
function bindingsFor(variables) {
  return {
    ...variables,
    ASSETS: new Fetcher(),
    PROFILES: profiles,
    RELEASES: new KVNamespace(stores.RELEASES),
    BUNDLES: new R2Bucket(stores.BUNDLES),
    LOG: new R2Bucket({}),
    DECISIONS: queue,
    EVENTS: new Queue(),
  };
}

/** What Python holds once nothing is to be collected any more: its own objects, and references to JavaScript's. */
function held() {
  const builtins = python.__builtins__;
  const evaluate = builtins.get("eval");
  const scope = builtins.get("dict")();
  try {
    const found = evaluate(HELD, scope);
    const [objects, references] = found;
    found.destroy();
    return { objects, references };
  } finally {
    for (const proxy of [scope, evaluate, builtins]) proxy.destroy();
  }
}

export default {
  async fetch(request, env, ctx) {
    if (request.url.endsWith("/.bench/held")) return Response.json(held());
    if (request.url.endsWith("/.bench/stats")) return Response.json({ sent: queue.sent, reads: profiles.reads, last: queue.last });
    bindings ??= bindingsFor(env);
    const isDirect = env.DIRECT !== "no" && hasBegun();
    return isDirect ? serve(request, bindings, ctx) : settle(() => python.fetch(request, bindings, ctx));
  },
};
