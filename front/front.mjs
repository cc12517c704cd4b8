// In front of the Python Worker: a page that it does not answer in time, or fails to answer, goes out as the origin has it.
//
// Only GET and HEAD race. Tessera's own addresses go to the Python Worker alone, and what else is no page to the origin, to which
// the Worker would only hand it on. After a miss pages pass at
// once, without waiting, until the answer that was late comes after all (then the isolate is warm) or REST is over; then one
// visitor's request finds out how things are. A Worker that fails at once makes nobody wait, so it is asked again every time.

import { brief, count, counted, say } from "../edge/journal.mjs";
import { fetchOrigin, sorry } from "../edge/origin.mjs";

const DEADLINE = 800; // milliseconds that a page may wait for the Python Worker
const REST = 5_000; // milliseconds after a miss in which pages pass at once
const PAGE_METHODS = new Set(["GET", "HEAD"]);
const OWN = /^\/(_tessera\/|\.well-known\/tessera$)/;
const API = /^\/(api|ofrep)\/v1\//; // Tessera's too, where the Worker has keys for callers: TESSERA_API says so
const ABOUT = "/.well-known/tessera-front";

let restUntil = 0; // 0: the Python Worker answers in time, as far as is known

const deadlineOf = (env) => Number(env.TESSERA_FRONT_DEADLINE) || DEADLINE;

/** Ask the Python Worker. A status of 500 is that of a runtime that failed, and rejects like an exception of it. */
async function askEdge(request, env) {
  try {
    const response = await env.EDGE.fetch(request);
    if (response.status !== 500) return response;
    await response.body?.cancel();
    throw new Error("the Worker answers 500");
  } finally {
    restUntil = 0;
  }
}

/** A task's value, or null when it takes longer. */
async function within(milliseconds, task) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds, null);
  });
  try {
    return await Promise.race([task, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The origin's page as it is, counted and said; in development a header tells why. */
function passed(env, response, why, facts = {}) {
  count(`front-passed:${why}`);
  say("front-passed", { why, ...facts });
  if (env.TESSERA_ENV !== "development") return response;
  const copy = new Response(response.body, response);
  copy.headers.set("tessera-front", why);
  return copy;
}

/** The deadline is over: from now on the first answer counts, so that a slow origin is not held against the Worker. */
async function first(edge, request, env, ctx) {
  const origin = fetchOrigin(request, env);
  const named = [edge.then((response) => ({ response, other: origin })), origin.then((response) => ({ response, other: edge, isOrigin: true }))];
  const { response, other, isOrigin } = await Promise.any(named);
  // the late Worker goes on, so that its isolate gets warm; nobody reads its body
  ctx.waitUntil(other.then(({ body }) => body?.cancel()).catch(() => {}));
  if (!isOrigin) return response;
  restUntil = Date.now() + REST;
  return passed(env, response, "late");
}

async function page(request, env, ctx) {
  const now = Date.now();
  if (now < restUntil) return passed(env, await fetchOrigin(request, env), "cold");
  if (restUntil) restUntil = now + REST; // this request alone finds out
  const edge = askEdge(request, env);
  let response;
  try {
    response = await within(deadlineOf(env), edge);
  } catch (error) {
    return passed(env, await fetchOrigin(request, env), "error", { error: brief(error) });
  }
  return response ?? first(edge, request, env, ctx);
}

function about(env) {
  const told = { counts: counted(), deadline: deadlineOf(env), passing: Date.now() < restUntil };
  return Response.json(told, { headers: { "cache-control": "no-store" } });
}

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === ABOUT) return about(env);
    const isPage = PAGE_METHODS.has(request.method) && request.body === null;
    try {
      if (OWN.test(pathname) || (env.TESSERA_API && API.test(pathname))) return await env.EDGE.fetch(request);
      return await (isPage ? page(request, env, ctx) : fetchOrigin(request, env));
    } catch (error) {
      count("front-failed");
      say("front-failed", { why: brief(error) });
      return sorry({ status: error.status });
    }
  },
};
