// The worker that holds Python: calls decide_worker.py once for each decision, with one string in and one string out.
import { start } from "./interpreter.mjs";

const adapter = await start();
const { loaded, visitors: keep, decided, echoed, part } = adapter.Default;
let visitors = [];

const functions = { full: decided, crossing: echoed };

/** So many decisions one after the other; the sum of the answers' lengths, so that none is for nothing. */
function run(name, count) {
  const call = functions[name];
  if (!call) return part(name, count);
  let sum = 0;
  for (let i = 0; i < count; i += 1) sum += call(visitors[i % visitors.length].join("\t")).length;
  return sum;
}

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const count = Number(searchParams.get("count"));
    if (pathname.endsWith("/load")) {
      loaded(new Uint8Array(await request.arrayBuffer()), count);
      return new Response("loaded");
    }
    if (pathname.endsWith("/visitors")) {
      const given = await request.json();
      visitors = given.map((visitor) => Object.values(visitor).map((fact) => (typeof fact === "boolean" ? `${+fact}` : `${fact}`)));
      keep(visitors.map((facts) => facts.join("\t")).join("\n"));
      return new Response(String(visitors.length));
    }
    if (pathname.endsWith("/answers")) return Response.json(visitors.map((facts) => decided(facts.join("\t"))));
    return new Response(String(run(searchParams.get("part"), count)));
  },
};
