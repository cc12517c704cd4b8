// Between the platform and Python: a request becomes one string, Python's answer one string, and page bytes stay here.
// No decisions are made in this file. docs/format.md names the fields of both strings.

import { answerApi } from "./api.mjs";
import { personal, readAnswer, redirect, untouched } from "./answer.mjs";
import { adoptContents } from "./contents.mjs";
import { brief, count, counted, note } from "./journal.mjs";
import { accountOf, adoptLogin } from "./login.mjs";
import { fetchOrigin, OriginError, sorry } from "./origin.mjs";
import { planFor, planHere } from "./plans.mjs";
import { followRelease, isDue, readAll } from "./release.mjs";
import { isOpen, seal, snapshotOf } from "./sealed.mjs";
import { decider, deciderOf, isAnew, pointTo, shadowed } from "./lanes.mjs";
import { adopt as adoptRoutes, factsOf, keepRoutes, routeTo, RS, US } from "./visit.mjs";

export { count } from "./journal.mjs";
export { eraseBy } from "./erasure.mjs";
export { readLog, removeLog, writeLog } from "./logbook.mjs";
export { copyProfile, readAlias, readProfile, writeAlias, writeProfile } from "./profiles.mjs";
export { bundleParts, pointer, pointerCopy, verify } from "./release.mjs";

const ABOUT = "/.well-known/tessera";
const QUEUE_DEADLINE = 2_000; // milliseconds that the queue may take, after the response
const LOG_DEADLINE = 200; // milliseconds that a redirect waits for its record to be queued
const GS = "\x1d"; // between keys of a store
const QUIET = /^(?:spliced(?::\d+)?|kept|offered)$/; // places of which nothing need be counted
const PAGE_METHODS = new Set(["GET", "HEAD"]);

let python = null; // {turn, follow, about, events, content, api, mine, choose, beside}
const settings = new Map(); // bundle → what else the bridge must know of it

/** What Python does for the bridge: `turn(bundle, text)`, `follow(env)`, `about(counts, now)`, `events(text)`,
 * `content(bundle, number)`, `api(text)`, `mine(bundle, text)`, `choose(facts)`, `beside(text, record)`. Once an isolate. */
export function begin(turn, follow, about, events, content, api, mine, choose, beside) {
  python = { turn, follow: (env) => settled(follow(env)), about, events, content, api, mine, choose, beside };
}

/** Whether Python has begun, so that requests may come here at once. */
export const hasBegun = () => python !== null;

/** Wait for a coroutine of Python and free it. */
async function settled(task) {
  try {
    return await task;
  } finally {
    task.destroy?.();
  }
}

/** Get to know a bundle that is loaded; `routes` and `told` (JSON) as tessera/visit.py tells them. */
export function adopt(name, routes, told) {
  adoptRoutes(name, routes);
  settings.set(name, JSON.parse(told));
}

/** Decide as the pointer says, from the next request on: JSON as tessera/release.py tells it. What it does not name is forgotten. */
export function point(told) {
  const { bundles, ...pointed } = JSON.parse(told);
  const names = new Set(bundles);
  keepRoutes(names);
  adoptContents(names, python.content);
  for (const name of settings.keys()) if (!names.has(name)) settings.delete(name);
  if (pointed.live) adoptLogin(settings.get(pointed.live).login);
  pointTo(pointed);
}

/** Follow the release where it is time to, for who serves no request. */
export const refresh = (env, ctx) => followRelease({ env, ctx }, decider.isKnown, python.follow);

/** The page of a bundle that a URL is, "" for none. */
export const page = (bundle, url) => routeTo(bundle, url)?.page ?? "";

// ---- the record ----------------------------------------------------------------------------------------------------

async function queue(binding, text) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("the queue does not answer")), QUEUE_DEADLINE);
  });
  try {
    await Promise.race([binding.send(text, { contentType: "text" }), late]);
  } catch (error) {
    note("log-lost", { why: brief(error) });
  } finally {
    clearTimeout(timer);
  }
}

/** Send the page view's record, completed by what became of the page and of each place on it, and by whose it is. */
function log(view, { record, whose, command }, status, places, text = JSON.stringify(places)) {
  for (const slot in places) if (!QUIET.test(places[slot])) count(`${places[slot]}:${slot}`);
  if (command) view.ctx.waitUntil(queue(view.env.EVENTS, command));
  const took = (performance.now() - view.started).toFixed(1);
  const task = queue(view.env.DECISIONS, `{"view":${record},"page_status":"${status}","places":${text},"lane":"${view.lane ?? "live"}","took":${took}${whose}}`);
  shadowed(view, () => queueBeside(view, record));
  view.ctx.waitUntil(task);
  return task;
}

/** Of a page view that was decided, what the release beside the live one would have done otherwise. */
function queueBeside(view, record) {
  const message = python.beside(view.asked, record);
  return message ? queue(view.env.DECISIONS, message) : null;
}

/** Send it and wait for that a little: the visitor is about to go elsewhere. */
const logFirst = (...told) => Promise.race([log(...told), scheduler.wait(LOG_DEADLINE)]);

// ---- who it is -----------------------------------------------------------------------------------------------------

/** Find out what must be verified or unsealed before Python is asked; a promise where that must be waited for. */
function recognised(view) {
  view.account ??= accountOf(view);
  view.snapshot ??= snapshotOf(view);
  return view.account instanceof Promise || view.snapshot instanceof Promise ? settledIn(view) : view;
}

async function settledIn(view) {
  [view.account, view.snapshot] = await Promise.all([view.account, view.snapshot]);
  return view;
}

// ---- a page --------------------------------------------------------------------------------------------------------

/** Python's answer: in one turn, or in two where the store of profiles must be asked. */
async function decided(view, route, first = null) {
  const facts = (view.asked = first?.facts ?? factsOf(view, route.page));
  const answer = first?.answer ?? python.turn(route.bundle, facts);
  if (!answer.startsWith("read")) return answer;
  const [, keys, deadline] = answer.split(US);
  const told = await readAll(view.env.PROFILES, keys.split(GS), Number(deadline));
  if (told[0] !== "ok" && told[0] !== "none") count(`profile-${told[0]}`);
  view.asked = facts + RS + told.join(US);
  const second = python.turn(route.bundle, view.asked); // by the bundle whose route this is, whatever went live meanwhile
  if (second.includes('"fallbacks":["profile-broken"]')) count("profile-broken");
  return second;
}

/** The origin's page as it is, with the cookie that the visitor was given. */
function passed(view, route, why, response, reply) {
  count(`passed:${why}`);
  const places = Object.fromEntries(route.slots.filter(({ name }) => name).map(({ name }) => [name, "kept"]));
  log(view, reply, `passed:${why}`, places);
  return untouched(view, response, reply.cookie);
}

async function redirected(view, answer) {
  const [, slot, address, cookie, record, whose, command] = answer.split(US);
  const [sealed] = await Promise.all([seal(view.env, cookie), logFirst(view, { record, whose, command }, "redirected", { [slot]: "redirected" })]);
  return redirect(address, sealed);
}

/** The page with what was decided for it. */
function shown(view, route, found, reply) {
  const { response, told } = personal(view, route, found, reply);
  log(view, reply, found.status, told.places, told.text);
  return response;
}

/** A page view for which something must be waited for. `first`: Python's answer, where it was asked already. */
async function pageView(view, route, first = null) {
  const planning = planFor(view, route); // the origin is asked while Python decides
  planning.catch(() => {});
  if (first === null) await recognised(view);
  const answer = await decided(view, route, first);
  if (answer.startsWith("redirect")) return redirected(view, answer);
  if (isAnew(view, answer)) return pageAnew(view, planning);
  if (!answer.startsWith("page")) {
    note("decision-failed", { why: answer.slice(answer.indexOf(US) + 1) });
    return original(view, await planning);
  }
  const reply = readAnswer(route.bundle, answer); // before anything is waited for: another release has other contents
  reply.cookie = await seal(view.env, reply.cookie);
  let found;
  try {
    found = await planning;
    if (!found.why && !found.plan.why) return shown(view, route, found, reply);
  } catch (error) {
    if (error instanceof OriginError) throw error;
    note("page-failed", { why: brief(error) });
    found = { why: "error", response: await fetchOrigin(view.request, view.env) };
  }
  return passed(view, route, found.why || found.plan.why, found.response ?? original(view, found), reply);
}

/** The page once more, by what decides now; what was asked of the origin is of no use to that. */
async function pageAnew(view, planning) {
  const route = routeTo(live(view), view.url);
  if (route === null) return original(view, await planning);
  planning.then(({ response }) => response?.body?.cancel()).catch(() => {});
  return pageView(view, route);
}

/** A page view for which nothing must be waited for, as most are: its plan is here, and no store is asked. */
function quickView(view, route) {
  const found = planHere(view, route);
  if (found === null || found.plan.why || recognised(view) instanceof Promise) return pageView(view, route);
  const facts = (view.asked = factsOf(view, route.page));
  const answer = python.turn(route.bundle, facts);
  if (!answer.startsWith("page") || isOpen(answer)) return pageView(view, route, { facts, answer });
  const reply = readAnswer(route.bundle, answer);
  try {
    return shown(view, route, found, reply);
  } catch (error) {
    note("page-failed", { why: brief(error) });
    return passed(view, route, "error", original(view, found), reply);
  }
}

/** The page as the origin gave it, whether it was planned or not. */
function original({ request }, { response, plan, headers }) {
  if (response) return response;
  return new Response(request.method === "HEAD" ? null : plan.bytes, { headers: headers ?? plan.headers });
}

// ---- every request -------------------------------------------------------------------------------------------------

function timed(response, env, started) {
  if (env.TESSERA_ENV !== "development") return response;
  const copy = new Response(response.body, response);
  copy.headers.append("server-timing", `tessera;dur=${(performance.now() - started).toFixed(2)}`);
  return copy;
}

/** The name of the bundle that decides for a request, "" for none. */
const live = (view) => deciderOf(view, (facts) => python.choose(facts));

const tools = { live, recognised, decided, log, logFirst, events: (text) => python.events(text), api: (text) => python.api(text), mine: (bundle, text) => python.mine(bundle, text) };

/** What Python says of itself and what was counted; the counts alone where it says nothing any more. */
function tellAbout({ now }) {
  const counts = counted();
  let text;
  try {
    text = python.about(JSON.stringify(counts), now);
  } catch (error) {
    text = JSON.stringify({ bundle: null, refused: `Python does not answer: ${brief(error)}`, counts });
  }
  return new Response(text, { headers: { "content-type": "application/json", "cache-control": "no-store" } });
}

/** A response, or a promise of one. */
function answered(view) {
  const { url, request, env } = view;
  if (url.includes(ABOUT) && new URL(url).pathname === ABOUT) return tellAbout(view);
  const own = answerApi(view, tools);
  if (own !== null) return own;
  const route = PAGE_METHODS.has(request.method) ? routeTo(live(view), url) : null;
  return route ? quickView(view, route) : fetchOrigin(request, env);
}

async function failedOpen({ request, env }, error) {
  if (error instanceof OriginError) return unavailable(error);
  note("fail-open", { why: brief(error) });
  try {
    return await fetchOrigin(request, env);
  } catch (second) {
    return unavailable(second);
  }
}

/** What must be waited for. */
async function slowly(view, response, started) {
  try {
    if (response === null) await followRelease(view, decider.isKnown, python.follow);
    return timed(await (response ?? answered(view)), view.env, started);
  } catch (error) {
    return failedOpen(view, error);
  }
}

/**
 * Answer a request: with a response, or a promise of one, which never rejects. Whatever fails, the visitor gets the
 * origin's page, or a word that there is none.
 */
export function serve(request, env, ctx) {
  const cf = request.cf ?? {};
  const started = performance.now();
  const view = { request, env, ctx, cf, url: request.url, now: cf.now ?? Date.now(), started };
  if (isDue(env)) return slowly(view, null, started);
  try {
    const response = answered(view);
    return response instanceof Promise ? slowly(view, response, started) : timed(response, env, started);
  } catch (error) {
    return failedOpen(view, error);
  }
}

function unavailable(error) {
  note("origin-failed", { why: brief(error) });
  return sorry(error);
}
