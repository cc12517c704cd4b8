// The Worker that miniflare runs: the same edge/entry.py as in production, inside npm's Pyodide.
// Whatever goes wrong here, a visitor gets the page as it lies in the assets: from here, or from the front before it.

import { crash, settle, start, isAlive } from "./interpreter.mjs";
import { hasBegun, serve } from "./bridge.mjs";
import { asAtTheEdge, trusted } from "./facts.mjs";
import { setFaults, takeCalls, withFaults } from "./faults.mjs";
import { sameToken } from "./token.mjs";

const MAX_CONTROL_BYTES = 65_536;
const COOKIE = /^[a-z_]{1,32}$/;
const VALUE = /^[A-Za-z0-9._-]{0,512}$/;

let startError = null;
const python = await start().catch((error) => {
  startError = String(error?.stack ?? error);
  console.error(`python did not start: ${startError}`);
  return null;
});

function untouched(request, env) {
  return env.ASSETS.fetch(new Request(request.url, { method: request.method, headers: request.headers }));
}

/** Run one of the adapter's coroutines to its end and free it. */
async function run(name, ...args) {
  if (python === null) throw new Error("python did not start");
  return settle(() => python[name](...args));
}

async function changeFaults(request) {
  const text = await request.text();
  if (text.length > MAX_CONTROL_BYTES) return Response.json({ error: "too large" }, { status: 413 });
  try {
    const { PYTHON, ...bindings } = JSON.parse(text);
    const faults = setFaults(bindings);
    if (PYTHON === "fatal") crash();
    else if (PYTHON !== undefined) await run("sabotage", PYTHON);
    const calls = takeCalls();
    return Response.json(Object.keys(calls).length > 0 ? { faults, calls } : { faults });
  } catch (error) {
    return Response.json({ error: String(error.message) }, { status: 400 });
  }
}

async function readiness() {
  try {
    return Response.json({ ready: (await run("probe")) === true });
  } catch (error) {
    return Response.json({ ready: false, error: startError ?? String(error.message) }, { status: 500 });
  }
}

/** For people at the demo: a link with the owner's token makes a browser somebody else. Null without the token. */
function become(request, env) {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname !== "/.host/as" || request.method !== "GET" || !sameToken(searchParams.get("token"), env.HOST_TOKEN)) return null;
  const headers = new Headers({ location: "/", "cache-control": "no-store", "referrer-policy": "no-referrer" });
  for (const [name, value] of searchParams) {
    if (name !== "token" && COOKIE.test(name) && VALUE.test(value)) headers.append("set-cookie", `${name}=${value}; Path=/; SameSite=Lax`);
  }
  return new Response(null, { status: 302, headers });
}

/** The host's own addresses; null for everything that is a page. */
function control(request) {
  const { pathname } = new URL(request.url);
  if (pathname === "/.host/faults" && request.method === "POST") return changeFaults(request);
  if (pathname === "/.host/ready") return readiness();
  return null;
}

/**
 * Once Python has begun, requests go to the bridge at once, and into Python only to be decided: the way through the
 * entry's class costs as much as deciding. HOST_DIRECT=no takes that way always, as the platform does.
 */
function answer(request, visible, ctx, { HOST_DIRECT }) {
  const isDirect = HOST_DIRECT !== "no" && hasBegun() && isAlive();
  return isDirect ? serve(request, visible, ctx) : run("fetch", request, visible, ctx);
}

export default {
  async fetch(request, env, ctx) {
    try {
      const isTrusted = trusted(request, env);
      const own = become(request, env) ?? (isTrusted ? control(request) : null);
      return await (own ?? answer(asAtTheEdge(request, env, isTrusted), withFaults(env), ctx, env));
    } catch (error) {
      if (env.HOST_FRONT) throw error; // as on the platform: the front serves the page
      console.error(`serving the untouched page: ${error.message}`);
      return untouched(request, env);
    }
  },

  async queue(batch, env, ctx) {
    await run("queue", batch, withFaults(env), ctx);
  },
};
