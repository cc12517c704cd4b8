// Tessera in the benchmark of the start: the host's interpreter with the product's Worker, bindings in this process, and when
// each step was reached. GET /.bench/steps tells [step, epoch milliseconds] in their order.
import { start } from "./interpreter.mjs";
import small from "./small.html";
import stored from "./stores.json";

const steps = [];
const reached = (step) => {
  if (!steps.some(([known]) => known === step)) steps.push([step, Date.now()]);
};

reached("script");
const python = await start(reached);
reached("python");

const { RELEASES, BUNDLES } = JSON.parse(stored);
const bundles = new Map(Object.entries(BUNDLES).map(([key, text]) => [key, Uint8Array.from(atob(text), (each) => each.charCodeAt(0))]));

class KVNamespace {
  async get(key) {
    reached("bridge"); // its first read is that of the pointer
    return RELEASES[key] ?? null;
  }
}

class R2Bucket {
  async get(key) {
    reached("pointer");
    return { arrayBuffer: async () => bundles.get(key).slice().buffer };
  }
}

class Fetcher {
  async fetch() {
    reached("bundle"); // the origin is asked once a bundle tells that the page has slots
    return new Response(small, { headers: { "content-type": "text/html; charset=utf-8", "cache-control": "max-age=300" } });
  }
}

class Queue {
  async send() {}
}

const bindings = { ASSETS: new Fetcher(), RELEASES: new KVNamespace(), PROFILES: new KVNamespace(), BUNDLES: new R2Bucket(), DECISIONS: new Queue() };

export default {
  async fetch(request, env, ctx) {
    if (request.url.endsWith("/.bench/steps")) return Response.json(steps);
    reached("request");
    const response = await python.fetch(request, { ...env, ...bindings }, ctx);
    reached("page");
    return response;
  },
};
