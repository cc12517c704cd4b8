// GET /_tessera/slots?page=PATH: what is decided for this visitor on a page that an application shows without loading it.

import { appendCookies, readAnswer } from "./answer.mjs";
import { note } from "./journal.mjs";
import { isOwn, json, refusal } from "./json.mjs";
import { isAnew } from "./lanes.mjs";
import { pageOf } from "./own_page.mjs";
import { seal } from "./sealed.mjs";
import { routeTo, US } from "./visit.mjs";

const STATUS = "slots"; // of such a page view in the log
const PLAIN = new Set(["text", "src", "srcset", "href", "class"]); // operations whose content is a value, not markup
const WRITTEN = /&(?:lt|gt|amp|#34|#39|#96);/g; // as tessera/render.py escapes
const MEANT = { "&lt;": "<", "&gt;": ">", "&amp;": "&", "&#34;": '"', "&#39;": "'", "&#96;": "`" };
const NONCES = / nonce="\x02"/g; // what comes by script gets its nonce by script

const plain = (markup) => markup.replace(WRITTEN, (each) => MEANT[each]);
const quoted = (text) => text.replace(/[&<>"]/g, (each) => `&#${each.charCodeAt(0)};`);

/** The slots of the page by name: place, content as a value or as markup (null leaves it), and how it came about. */
function slotsOf(route, record, contents) {
  const outcomes = new Map(record.slots.map((outcome) => [outcome.slot, outcome]));
  const found = {};
  route.slots.forEach(({ name, selector, operation }, i) => {
    if (!name) return; // the head's additions are for pages that are loaded
    const { variant, level, experiment, arm } = outcomes.get(name);
    const markup = contents[i]?.text ?? null;
    const content = markup && (PLAIN.has(operation) ? plain(markup) : markup.replace(NONCES, ""));
    found[name] = { selector, operation, content, variant, level, experiment, arm };
  });
  return found;
}

/** Whether the page would say that it is a preview, at the beginning of its body: of that nothing is counted. */
const isPreview = ({ slots }, contents) => slots.some(({ name, selector }, i) => !name && selector === "body" && contents[i] !== null);

function asTemplates(slots) {
  const attributes = (slot, { selector, operation }) =>
    `data-slot="${quoted(slot)}" data-selector="${quoted(selector)}" data-operation="${operation}"`;
  const markup = ({ operation, content }) => (PLAIN.has(operation) ? quoted(content) : content);
  const decided = Object.entries(slots).filter(([, { content }]) => content !== null);
  return decided.map(([name, slot]) => `<template ${attributes(name, slot)}>${markup(slot)}</template>\n`).join("");
}

/** Cookies ride on the answer as on a page. */
function withCookie(response, cookie) {
  appendCookies(response.headers, cookie);
  return response;
}

async function sentAway(view, answer, { logFirst }) {
  const [, slot, address, cookies, record, whose, command] = answer.split(US);
  const [cookie] = await Promise.all([seal(view.env, cookies), logFirst(view, { record, whose, command }, STATUS, { [slot]: "redirected" })]);
  const { page, bundle } = JSON.parse(record);
  return withCookie(json(200, { page, bundle: bundle.slice(0, 12), redirect: address, slots: {} }), cookie);
}

/**
 * Answer with the decided slots. The visitor is who asks; the page and its referrer are what the application says.
 *
 * @param tools of the bridge: live(view) → the name of the bundle that decides, decided(view, route), log and logFirst(view, record, status, places)
 */
export async function slots(view, tools) {
  const { request, url } = view;
  if (request.method !== "GET") return refusal(405, "only GET", { allow: "GET" });
  if (!isOwn(view, true)) return refusal(403, "only for pages of this site");
  const address = pageOf(url);
  if (address === null) return refusal(400, "`page` is a path of this site, or an address of it");
  const live = tools.live(view);
  if (!live) return refusal(503, "no release is live", { "retry-after": "5" });
  const route = routeTo(live, address);
  if (route === null) return refusal(404, "no page of the site has this address");
  await tools.recognised(view);
  const answer = await tools.decided({ ...view, url: address }, route);
  if (answer.startsWith("redirect")) return sentAway(view, answer, tools);
  if (isAnew(view, answer)) return slots(view, tools);
  if (!answer.startsWith("page")) {
    note("decision-failed", { why: answer.slice(answer.indexOf(US) + 1) });
    return refusal(503, "deciding failed");
  }
  const reply = readAnswer(route.bundle, answer);
  const { record, contents } = reply;
  const cookie = await seal(view.env, reply.cookie);
  const told = JSON.parse(record);
  const found = slotsOf(route, told, contents);
  tools.log(view, reply, STATUS, Object.fromEntries(Object.entries(found).map(([name, { content }]) => [name, content === null ? "kept" : "offered"])));
  if (new URL(url).searchParams.get("format") === "html") {
    return withCookie(new Response(asTemplates(found), { headers: { ...Object.fromEntries(json(200, 0).headers), "content-type": "text/html; charset=utf-8" } }), cookie);
  }
  return withCookie(json(200, { view: isPreview(route, contents) ? null : told.id, page: told.page, bundle: told.bundle.slice(0, 12), slots: found }), cookie);
}
