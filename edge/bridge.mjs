// Between the platform and Python: a request becomes one string, an answer one string, and page bytes stay here.
// No decisions are made in this file. Fields are joined by US, records by RS; docs/format.md names them.

import { join, planOf, slotStatus } from "./plan.mjs";
import { isPersonalisable, readPage, unsuitable } from "./page.mjs";
import { keep, recall } from "./shelf.mjs";
import { clean, factsOf, pageOf, setRoutes } from "./visit.mjs";

const US = "\x1f";
const RS = "\x1e";
const MAX_VIEWS = 4096;

/** Headers that describe the origin's own bytes, or would let a cache keep a personal page. */
const ORIGIN_ONLY = [
  "etag", "last-modified", "expires", "age", "accept-ranges", "content-length",
  "cf-cache-status", "cdn-cache-control", "cloudflare-cdn-cache-control", "surrogate-control",
];
/** What the client may ask of the origin's bytes but not of a personal page. */
const NOT_FORWARDED = [
  "range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "accept-encoding",
];

const encoder = new TextEncoder();
const views = new Map();
let lastToken = 0;

function remember(view) {
  lastToken += 1;
  const token = String(lastToken);
  views.set(token, view);
  if (views.size > MAX_VIEWS) views.delete(views.keys().next().value);
  return token;
}

function viewOf(token) {
  const view = views.get(String(token));
  if (!view) throw new Error(`unknown page view ${token}`);
  return view;
}

/**
 * Everything Python may want to know of a request, as one string; the request itself waits here under the token.
 * `bundle` names the page patterns to route by (see `route`).
 */
export function visit(request, env, bundle = "") {
  const token = remember({ request, env, page: "", slots: [] });
  return [token, ...factsOf(request, bundle)].join(US);
}

/** Keep a bundle's page patterns: records of page and URL pattern; the first that fits wins. */
export function route(bundle, patterns) {
  setRoutes(bundle, patterns.split(RS).map((record) => record.split(US)));
}

/** The page that a URL is, by the patterns of a bundle; "" for none. */
export function page(bundle, url) {
  return pageOf(bundle, url);
}

// ---- plans ---------------------------------------------------------------------------------------------------------

function sameBytes(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

async function makePlan(bytes, slots, shape) {
  if (!isPersonalisable(bytes)) return { bytes, shape, why: "charset" };
  return { bytes, shape, why: "", ...(await planOf(bytes, slots)) };
}

/** Remember what the origin said of these bytes, but no cookie: that was for one visitor. */
function note(plan, { headers }) {
  plan.etag = headers.get("etag");
  plan.headers = new Headers(headers);
  plan.headers.delete("set-cookie");
}

/** The headers of a plan as the origin's "not modified" brings them up to date. */
function renewed(plan, { headers }) {
  const merged = new Headers(plan.headers);
  for (const [name, value] of headers) {
    if (name === "set-cookie") merged.append(name, value);
    else if (!name.startsWith("content-")) merged.set(name, value);
  }
  return merged;
}

// ---- the answer ----------------------------------------------------------------------------------------------------

function parse(answer) {
  const [head, ...records] = answer.split(RS);
  const [key, cookie = "", timing = ""] = head.split(US);
  const slots = records.map((record) => {
    const [name, selector, operation, flag, ...content] = record.split(US);
    return { name, selector, operation, put: flag === "1", content: content.join(US) };
  });
  return { key, cookie, timing, slots };
}

function originRequest(request, etag) {
  const headers = new Headers(request.headers);
  for (const name of NOT_FORWARDED) headers.delete(name);
  if (etag) headers.set("if-none-match", etag);
  return new Request(request.url, { headers, redirect: "manual" });
}

/** One Set-Cookie header for each of the cookies, which Python joins by a group separator. */
function appendCookies(headers, cookies) {
  for (const cookie of cookies.split("\x1d").filter(Boolean)) headers.append("set-cookie", cookie);
}

/** The origin's response, changed only as far as a cookie or a timing must ride on it. */
function untouched(response, { request }, { cookie = "", timing = "" } = {}) {
  const bodiless = request.method === "HEAD" && response.body !== null;
  if (!cookie && !timing && !bodiless) return response;
  const copy = new Response(bodiless ? null : response.body, response);
  if (cookie) {
    appendCookies(copy.headers, cookie);
    copy.headers.set("cache-control", "private, no-cache");
  }
  if (timing) copy.headers.append("server-timing", timing);
  return copy;
}

function personalHeaders(headers, { cookie, timing }) {
  const personal = new Headers(headers);
  for (const name of ORIGIN_ONLY) personal.delete(name);
  personal.set("cache-control", "private, no-cache");
  const vary = personal.get("vary") ?? "";
  if (!/(^|,)\s*(cookie|\*)\s*(,|$)/i.test(vary)) personal.append("vary", "Cookie");
  appendCookies(personal, cookie);
  if (timing) personal.append("server-timing", timing);
  return personal;
}

function passed(view, why, response, reply) {
  view.page = `passed:${why}`;
  view.slots = reply.slots.map(({ name }) => [name, "kept"]);
  return untouched(response, view, reply);
}

function personal(view, { plan, status, headers }, reply) {
  view.page = [status, ...plan.repeated.map((i) => `repeated:${reply.slots[i].name}`)].join(" ");
  view.slots = reply.slots.map((slot, i) => [slot.name, slotStatus(plan, i, slot.put)]);
  const contents = reply.slots.map(({ put, content }) => (put ? encoder.encode(content) : null));
  const body = view.request.method === "HEAD" ? null : join(plan, contents);
  return new Response(body, { headers: personalHeaders(headers, reply) });
}

/** Find or make the plan: {plan, status, headers}, or {why not, the response to pass on}. */
async function planFor({ request, env }, { key, slots }) {
  const shape = slots.map(({ selector, operation }) => selector + US + operation).join(RS);
  // by path only: static assets do not look at the query, and every campaign link brings another one
  const address = key + US + new URL(request.url).pathname;
  const known = recall(address, shape);
  const response = await env.ASSETS.fetch(originRequest(request, known?.etag));
  if (response.status === 304 && known) return { plan: known, status: "plan-hit", headers: renewed(known, response) };
  const why = unsuitable(response);
  if (why) return { why, response };
  const bytes = await readPage(response);
  if (bytes === null) return { why: "size", response: await env.ASSETS.fetch(originRequest(request)) };
  const isSame = known !== null && sameBytes(known.bytes, bytes);
  const plan = isSame ? known : await makePlan(bytes, slots, shape);
  note(plan, response);
  if (!isSame) keep(address, plan);
  return { plan, status: isSame ? "plan-hit" : "planned", headers: response.headers };
}

async function personalised(view, reply) {
  const { method } = view.request;
  if (method !== "GET" && method !== "HEAD") return passed(view, "method", await view.env.ASSETS.fetch(view.request), reply);
  const found = await planFor(view, reply);
  if (found.why) return passed(view, found.why, found.response, reply);
  const { plan, headers } = found;
  if (plan.why) return passed(view, plan.why, new Response(plan.bytes, { headers }), reply);
  return personal(view, found, reply);
}

/** The origin's response as it is; there is nothing to report of such a page view, so it is forgotten. */
export async function pass(token) {
  const { request, env } = viewOf(token);
  views.delete(String(token));
  return env.ASSETS.fetch(request);
}

/** Another address in place of the page, decided for this visitor alone. */
export function redirect(token, slot, location, cookie) {
  const view = viewOf(token);
  view.page = "redirected";
  view.slots = [[slot, "redirected"]];
  const headers = new Headers({ location, "cache-control": "private, no-store" });
  appendCookies(headers, cookie);
  return new Response(null, { status: 302, headers });
}

/** The page with the decided slots in it; whatever goes wrong with the page, the origin's response as it is. */
export async function respond(token, answer) {
  const view = viewOf(token);
  const reply = parse(answer);
  try {
    return await personalised(view, reply);
  } catch (error) {
    console.warn(`page passed through: ${error?.message ?? error}`);
    return passed(view, "error", await view.env.ASSETS.fetch(originRequest(view.request)), reply);
  }
}

/** What became of the page and of each slot; the page view is forgotten. */
export function report(token) {
  const { page, slots } = viewOf(token);
  views.delete(String(token));
  return [page, ...slots.map((slot) => slot.join(US))].join(RS);
}

// ---- stores and signatures -----------------------------------------------------------------------------------------

async function readText(namespace, key) {
  try {
    const text = await namespace.get(key);
    return text === null ? "none" : `ok${US}${text}`;
  } catch (error) {
    return `error${US}${clean(error?.message ?? error)}`;
  }
}

/** A value of a KV namespace, if it comes in time; never rejects. */
export async function read(namespace, key, deadlineMs) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, deadlineMs, "late");
  });
  try {
    return await Promise.race([readText(namespace, key), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Python's bytes arrive as a proxy that lives only during the call: copy before the first wait. */
function bytesOf(value) {
  if (typeof value.getBuffer !== "function") return new Uint8Array(value);
  const view = value.getBuffer("u8");
  try {
    return view.data.slice();
  } finally {
    view.release();
  }
}

/** Whether the Ed25519 signature over the message is the key's; false for anything malformed. */
export async function verify(publicKey, signature, message) {
  try {
    const [raw, signed, text] = [publicKey, signature, message].map(bytesOf);
    const key = await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, signed, text);
  } catch {
    return false;
  }
}
