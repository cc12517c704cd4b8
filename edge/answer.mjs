// Python's string → the response: the page with the decided contents in their places, its headers and its validator.

import { contentOf, hashOf, withNonce } from "./contents.mjs";
import { join, slotStatus } from "./plan.mjs";
import { RS, US } from "./visit.mjs";

/** Headers that would let a cache keep what is one visitor's, whatever Cache-Control says. */
const SHARED = ["expires", "cdn-cache-control", "cloudflare-cdn-cache-control", "surrogate-control", "x-accel-expires"];
/** Headers that describe the origin's own bytes, or would let a cache keep a personal page. */
const ORIGIN_ONLY = [
  ...SHARED, "etag", "last-modified", "age", "accept-ranges", "content-length", "content-encoding", "content-md5", "digest", "cf-cache-status",
];
const PERSONAL = "private, no-cache";
const GS = "\x1d"; // between cookies
const MOST_TOLD = 64; // ways to fill a page that are remembered

/** A bundle's answer to a page view: {cookie, record, whose, command, contents}; see contents.mjs. */
export function readAnswer(bundle, answer) {
  const [first, ...fillings] = answer.split(RS);
  const [, cookie, record, whose, command] = first.split(US);
  return { cookie, record, whose, command, contents: fillings.map((filling) => contentOf(bundle, filling)) };
}

/** One Set-Cookie header for each of the cookies, which Python joins by a group separator. */
export function appendCookies(headers, cookies) {
  for (const cookie of cookies.split(GS)) if (cookie) headers.append("set-cookie", cookie);
}

function personalHeaders(headers) {
  const personal = new Headers(headers);
  for (const name of ORIGIN_ONLY) personal.delete(name);
  personal.set("cache-control", PERSONAL);
  const vary = personal.get("vary") ?? "";
  if (!/(^|,)\s*(cookie|\*)\s*(,|$)/i.test(vary)) personal.append("vary", "Cookie");
  return personal;
}

/** The validator of a personal page: of the origin's bytes and of everything that was put into them. */
function validatorOf(plan, contents) {
  let text = plan.tag;
  for (const content of contents) text += content === null ? "-" : `.${content.hash}`;
  return `W/"${text.length > 200 ? plan.tag + hashOf(text) : text}"`;
}

const isAmong = (header, etag) => header !== null && header.split(",").some((each) => each.trim() === etag || each.trim() === "*");

/** What became of each place, as {name: status}, and as JSON; the same for all pages of which the same places were filled. */
function toldOf(plan, { slots }, contents) {
  const filled = contents.map((content) => (content === null ? "0" : "1")).join("");
  let told = plan.told.get(filled);
  if (told === undefined) {
    const named = slots.map(({ name }, i) => [name, slotStatus(plan, i, contents[i] !== null)]).filter(([name]) => name);
    const places = Object.fromEntries(named);
    told = { places, text: JSON.stringify(places) };
    if (plan.told.size < MOST_TOLD) plan.told.set(filled, told);
  }
  return told;
}

/** A response that lends its headers: they are copied at once, which costs a quarter of handing them over one by one. */
const lending = (headers) => new Response(null, { headers: personalHeaders(headers) });

/** The page with its contents, and what became of each place: {response, told}. */
export function personal({ request }, route, { plan, headers }, { cookie, contents }) {
  if (plan.personal === undefined) Object.assign(plan, { personal: lending(plan.headers), told: new Map() });
  const own = contents.map((content) => withNonce(content, plan.nonce));
  const etag = validatorOf(plan, own);
  const isKnown = !cookie && isAmong(request.headers.get("if-none-match"), etag);
  const body = isKnown || request.method === "HEAD" ? null : join(plan, own.map((content) => (content === null ? null : content.bytes)));
  const lender = headers ? lending(headers) : plan.personal;
  const response = isKnown ? new Response(null, { status: 304, headers: lender.headers }) : new Response(body, lender);
  response.headers.set("etag", etag);
  if (cookie) appendCookies(response.headers, cookie);
  return { response, told: toldOf(plan, route, own) };
}

/** The origin's response, changed only as far as a cookie must ride on it. */
export function untouched({ request }, response, cookie = "") {
  const isBodiless = request.method === "HEAD" && response.body !== null;
  if (!cookie && !isBodiless) return response;
  const copy = new Response(isBodiless ? null : response.body, response);
  if (cookie) {
    appendCookies(copy.headers, cookie);
    for (const name of SHARED) copy.headers.delete(name);
    copy.headers.set("cache-control", PERSONAL);
  }
  return copy;
}

/** Another address in place of the page, decided for this visitor alone. */
export function redirect(location, cookie) {
  const headers = new Headers({ location, "cache-control": "private, no-store" });
  appendCookies(headers, cookie);
  return new Response(null, { status: 302, headers });
}
