// A request as one flat string for Python, and which page of the site it asks for.

import { Shelf } from "./shelf.mjs";
import { weatherAt } from "./weather.mjs";

export const US = "\x1f";
export const RS = "\x1e";
const QUARTER_HOUR = 900_000;
const MAX_KNOWN_URLS = 4096;
const CONTROL = /[\x00-\x1f\x7f]/;
const CONTROLS = /[\x00-\x1f\x7f]/g;
const HEADERS = [
  "cf-connecting-ip", "cookie", "user-agent", "accept-language", "referer", "sec-gpc",
];
const HINTS = ["sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "sec-ch-ua-platform-version", "sec-ch-ua-model"];

const zones = new Map();
const routeSets = new Map();

/** Text without control characters, so that none can pass for a separator. */
export function clean(value) {
  const text = value === undefined || value === null ? "" : String(value);
  return CONTROL.test(text) ? text.replace(CONTROLS, "") : text;
}

function computeOffset(format, now) {
  const name = format.formatToParts(now).find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?/.exec(name) ?? [];
  if (!sign) return name === "GMT" ? 0 : "";
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** Minutes ahead of UTC in a time zone, or "" for a name that is none. Zones only change on a quarter hour. */
function offsetOf(zone, now) {
  if (!zone) return "";
  const quarter = Math.floor(now / QUARTER_HOUR);
  const known = zones.get(zone);
  if (known?.quarter === quarter) return known.offset;
  try {
    const format = known?.format ?? new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
    const offset = computeOffset(format, now);
    zones.set(zone, { format, quarter, offset });
    return offset;
  } catch {
    return "";
  }
}

function patternOf(text) {
  try {
    return text.startsWith("/") ? new URLPattern({ pathname: text }) : new URLPattern(text);
  } catch {
    return null; // the compiler has checked it; a worker that cannot read it leaves the page alone
  }
}

/** A page of a bundle: the bundle, its name, its pattern, and its places, each {name, selector, operation}. */
function routeOf(bundle, record) {
  const [page, pattern, ...fields] = record.split(US);
  const slots = [];
  for (let i = 0; i + 2 < fields.length; i += 3) {
    slots.push({ name: fields[i], selector: fields[i + 1], operation: fields[i + 2] });
  }
  const shape = slots.map(({ selector, operation }) => selector + US + operation).join(RS);
  return { bundle, page, key: `${bundle}/${page}`, slots, shape, pattern: patternOf(pattern) };
}

/** Keep the pages of a bundle, in their order: a record of page, URL pattern and places for each (see tessera/visit.py). */
export function adopt(bundle, text) {
  const routes = text.split(RS).map((record) => routeOf(bundle, record)).filter(({ pattern }) => pattern);
  routeSets.set(bundle, { routes, known: new Shelf(MAX_KNOWN_URLS, () => 1) });
}

/** Forget the pages of all bundles but these. */
export function keepRoutes(bundles) {
  for (const bundle of routeSets.keys()) if (!bundles.has(bundle)) routeSets.delete(bundle);
}

/** The first page of a bundle whose pattern the URL fits; null for none. */
export function routeTo(bundle, url) {
  const set = routeSets.get(bundle);
  if (set === undefined) return null;
  let route = set.known.recall(url);
  if (route === undefined) {
    route = set.routes.find(({ pattern }) => pattern.test(url)) ?? null;
    if (url.length <= 512) set.known.keep(url, route);
  }
  return route;
}

/** The fields of a request in the order in which edge/tessera/context.py reads them. */
export function factsOf(view, page) {
  const { request, env, ctx, cf, url, now, account, snapshot } = view;
  const { headers } = request;
  view.fresh ??= [crypto.randomUUID(), crypto.randomUUID()]; // whoever asks twice for one request, asks for the same one
  const fields = [account, request.method, url, now, offsetOf(cf.timezone, now), cf.country, cf.regionCode, cf.city, cf.continent, cf.timezone];
  for (const name of HEADERS) fields.push(headers.get(name));
  fields.push(headers.get("sec-purpose") ?? headers.get("purpose"), view.fresh[0], page, view.fresh[1]);
  for (const name of HINTS) fields.push(headers.get(name));
  fields.push(cf.postalCode, cf.latitude, cf.longitude, env.TESSERA_WEATHER ? weatherAt(env, ctx, cf, now) : "", snapshot);
  return fields.map(clean).join(US);
}
