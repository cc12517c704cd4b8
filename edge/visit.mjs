// A request as one flat string for Python, and which page of the site it asks for.

const QUARTER_HOUR = 900_000;
const MAX_ROUTE_SETS = 4;
const CONTROLS = /[\x00-\x1f\x7f]/g;

const zones = new Map();
const routeSets = new Map();

/** Text without control characters, so that none can pass for a separator. */
export const clean = (value) => String(value ?? "").replace(CONTROLS, "");

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

/** Keep the page patterns of a bundle, given as [page, pattern] in their order. */
export function setRoutes(name, routes) {
  routeSets.delete(name);
  routeSets.set(name, routes.map(([page, text]) => ({ page, pattern: patternOf(text) })).filter(({ pattern }) => pattern));
  if (routeSets.size > MAX_ROUTE_SETS) routeSets.delete(routeSets.keys().next().value);
}

/** The first page whose pattern the URL fits, "" for none. */
export function pageOf(name, url) {
  return routeSets.get(name)?.find(({ pattern }) => pattern.test(url))?.page ?? "";
}

/** All fields but the token, in the order that edge/tessera/context.py reads them. */
export function factsOf(request, bundle) {
  const cf = request.cf ?? {};
  const header = (name) => request.headers.get(name);
  const now = cf.now ?? Date.now();
  return [
    request.method, request.url, now, offsetOf(cf.timezone, now),
    cf.country, cf.regionCode, cf.city, cf.continent, cf.timezone,
    header("cf-connecting-ip"), header("cookie"), header("user-agent"), header("accept-language"), header("referer"),
    header("sec-gpc"), header("sec-purpose") ?? header("purpose"), crypto.randomUUID(), pageOf(bundle, request.url),
    crypto.randomUUID(),
  ].map(clean);
}
