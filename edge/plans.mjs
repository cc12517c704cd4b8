// The plan of a page: remembered in this isolate, shared with others through the platform's cache, or made.
// A page is decided after the cache: what is kept is the origin's page, never a visitor's.

import { freshnessOf } from "./freshness.mjs";
import { brief, note } from "./journal.mjs";
import { deadlineOf, fetchOrigin, isStatic, OriginError, pageRequest, within } from "./origin.mjs";
import { isPersonalisable, readPage, unsuitable } from "./page.mjs";
import { planOf } from "./plan.mjs";
import { Shelf } from "./shelf.mjs";
import { load, store } from "./shared.mjs";
import { US } from "./visit.mjs";

const BUDGET = 32 * 1024 * 1024;
const OVERHEAD = 2048;
const NONCE = /'nonce-([A-Za-z0-9+/_=-]{1,256})'/;

const shelf = new Shelf(BUDGET, ({ bytes }) => bytes.length + OVERHEAD);
const REFRESH = 60_000; // milliseconds until an address is asked for again though the last refresh has not ended
const refreshing = new Map(); // address → when its refresh began

function sameBytes(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function makePlan(bytes, { slots, shape }) {
  const digests = [bytes, new TextEncoder().encode(shape)].map((each) => crypto.subtle.digest("SHA-256", each));
  const [page, places] = (await Promise.all(digests)).map(hex);
  const tag = page.slice(0, 24) + places.slice(0, 8); // the same contents in other places are another page
  if (!isPersonalisable(bytes)) return { bytes, shape, tag, why: "charset", cuts: [] };
  return { bytes, shape, tag, why: "", ...(await planOf(bytes, slots)) };
}

/**
 * Remember what the origin said of these bytes, but no cookie: that was for one visitor.
 *
 * In epoch milliseconds: `until` the plan is fresh, `refreshable` it may be used while the origin is asked in the
 * background, `spare` it may be used where the origin fails.
 */
function describe(plan, headers, now, isForever, isAuthorized = false) {
  const { kept, fresh, behind, spare } = freshnessOf(headers, isAuthorized);
  plan.etag = headers.get("etag");
  plan.kept = kept;
  plan.until = isForever && plan.etag ? Infinity : now + 1000 * fresh; // an asset has an etag: what has none is a failure's page
  plan.refreshable = plan.until + 1000 * behind;
  plan.spare = plan.until + 1000 * spare;
  plan.headers = new Headers(headers);
  plan.headers.delete("set-cookie");
  plan.nonce = NONCE.exec(headers.get("content-security-policy") ?? "")?.[1] ?? "";
  plan.personal = undefined; // what answer.mjs makes of the headers
  return plan;
}

/** The headers of a plan as the origin's "not modified" brings them up to date; a nonce stays the one that the page has. */
function renewed(plan, headers) {
  const merged = new Headers(plan.headers);
  merged.delete("age");
  for (const [name, value] of headers) {
    if (name === "set-cookie") merged.append(name, value);
    else if (name.startsWith("content-security") ? !NONCE.test(value) : !name.startsWith("content-")) merged.set(name, value);
  }
  return merged;
}

/** Whether the origin is to be asked for this visitor, however fresh a plan is. */
const asksAgain = ({ headers }) => headers.has("authorization") || /no-cache|no-store/.test(headers.get("cache-control") ?? "");

/** Whether a plan may be used until a moment without asking the origin first. */
function isGood(plan, until, { request, now }) {
  if (plan === undefined || until <= now) return false;
  return !isFinite(plan.until) || !asksAgain(request);
}

/** Where a plan is kept: the assets do not look at the query, an origin may. */
function addressOf({ env, url }, { key }) {
  const end = url.indexOf("#");
  const whole = end < 0 ? url : url.slice(0, end);
  const query = isStatic(env) ? whole.indexOf("?") : -1;
  return key + US + (query < 0 ? whole : whole.slice(0, query));
}

async function recalled(view, route, address) {
  const own = shelf.recall(address);
  if (own !== undefined) return own.shape === route.shape ? { plan: own, status: "plan-hit" } : null;
  const found = await load(address, route.shape);
  if (found === null) return null;
  const plan = describe(found.plan, found.headers, found.at, isStatic(view.env));
  shelf.keep(address, plan);
  return { plan, status: "plan-shared" };
}

function keep(view, address, plan) {
  if (!plan.kept) return shelf.drop(address);
  shelf.keep(address, plan);
  view.ctx.waitUntil(store(address, plan, view.now));
}

/** The page's bytes; null where it is over the budget. Rejects with OriginError when it does not come in time. */
async function bytesOf(response, env) {
  const reading = readPage(response);
  reading.catch(() => {}); // after the deadline nobody waits for it
  return within(deadlineOf(env), reading);
}

/** Ask the origin, and plan what it answers. */
async function planned(view, route, address, known) {
  const { request, env, url, now } = view;
  const ask = (etag) => fetchOrigin(pageRequest(request, url, etag), env);
  const first = await ask(known?.plan.etag);
  if (first.status === 304 && known) {
    const { plan, status } = known;
    const headers = renewed(plan, first.headers);
    describe(plan, headers, now, isStatic(env), request.headers.has("authorization"));
    if (!plan.kept) shelf.drop(address);
    return { plan, status, headers };
  }
  const why = unsuitable(first);
  if (why) return { why, response: first };
  let bytes;
  try {
    bytes = await bytesOf(first, env);
  } catch (error) {
    if (error instanceof OriginError || known?.plan.spare > now) throw error;
    note("origin-broke-off", { why: brief(error) });
    return { why: "broken", response: await ask() };
  }
  if (bytes === null) return { why: "size", response: await ask() };
  const isSame = known && sameBytes(known.plan.bytes, bytes);
  const plan = isSame ? known.plan : await makePlan(bytes, route);
  describe(plan, first.headers, now, isStatic(env), request.headers.has("authorization"));
  keep(view, address, plan);
  return { plan, status: isSame ? known.status : "planned", headers: first.headers };
}

/** Ask the origin after the visitor has been answered; once at a time for an address. */
async function refresh(view, route, address, known) {
  if (view.now - refreshing.get(address) < REFRESH) return;
  refreshing.set(address, view.now);
  try {
    const found = await planned(view, route, address, known);
    await found.response?.body?.cancel();
  } catch (error) {
    note("origin-failed", { why: brief(error) });
  } finally {
    refreshing.delete(address);
  }
}

/** The plan that this isolate remembers, where the origin need not be asked; null otherwise. */
export function planHere(view, route) {
  const plan = shelf.recall(addressOf(view, route));
  return plan?.shape === route.shape && isGood(plan, plan.until, view) ? { plan, status: "plan-hit" } : null;
}

/**
 * Find or make the plan of a page.
 *
 * @returns {plan, status, headers}; or {why, response}: the response to pass on and why. `headers` only where they are
 *   other than the plan's. Rejects where there is no page to be had.
 */
export async function planFor(view, route) {
  const here = planHere(view, route);
  if (here !== null) return here;
  const address = addressOf(view, route);
  const known = await recalled(view, route, address);
  if (isGood(known?.plan, known?.plan.until, view)) return known;
  if (isGood(known?.plan, known?.plan.refreshable, view)) {
    view.ctx.waitUntil(refresh(view, route, address, known));
    return { ...known, status: "stale:refreshing" };
  }
  const isSpare = known?.plan.spare > view.now;
  try {
    const found = await planned(view, route, address, known);
    return found.response?.status >= 500 && isSpare ? { ...known, status: `stale:${found.response.status}` } : found;
  } catch (error) {
    if (!isSpare) throw error;
    note("origin-failed", { why: brief(error) });
    return { ...known, status: "stale:origin" };
  }
}

/** How much is remembered: plans. */
export const remembered = () => shelf.size;
