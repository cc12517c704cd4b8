// The worker of the catalogue benchmark: the product's way from a bundle's bytes to a ranking.
import { start } from "./interpreter.mjs";
import { bundleParts } from "./release.mjs";

const adapter = await start();
const { loaded, run } = adapter.Default;
const own = { BUNDLES: { get: async () => ({ arrayBuffer: () => bytes.buffer }) } };
let bytes;

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const count = Number(searchParams.get("count"));
    if (pathname === "/body") bytes = new Uint8Array(await request.arrayBuffer());
    else if (pathname === "/run") return new Response(run(searchParams.get("slot"), searchParams.get("recent"), count));
    else if (pathname === "/parts") for (let i = 0; i < count; i += 1) await bundleParts(own, "");
    else {
      let memory = 0;
      for (let i = 0; i < count; i += 1) {
        const { start: head, rest, digest, size, kernel } = await bundleParts(own, "");
        memory = loaded(head, rest, digest, size, kernel);
      }
      return new Response(String(memory));
    }
    return new Response("done");
  },
};
