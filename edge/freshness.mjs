// What an origin lets a cache of all visitors do with its page (RFC 9111, RFC 5861).

const DIRECTIVE = /([a-z-]+)(?:\s*=\s*"?([^",\s]*)"?)?/gi;
const SPARE = 86_400; // seconds that a page may stand in for a failing origin that does not say how long

function directivesOf(text) {
  const found = new Map();
  for (const [, name, value = ""] of (text ?? "").matchAll(DIRECTIVE)) found.set(name.toLowerCase(), value);
  return found;
}

const seconds = (value) => (/^\d{1,10}$/.test(value ?? "") ? Number(value) : null);

function lifetime(headers, directives) {
  const stated = seconds(directives.get("s-maxage")) ?? seconds(directives.get("max-age"));
  if (stated !== null) return stated - (seconds(headers.get("age")) ?? 0);
  const [expires, date] = [Date.parse(headers.get("expires")), Date.parse(headers.get("date"))];
  return Number.isNaN(expires) || Number.isNaN(date) ? 0 : (expires - date) / 1000;
}

/** How long after its freshness a page may be used, in seconds: while the origin is asked, and where it fails. */
function graceOf(directives) {
  if (["must-revalidate", "proxy-revalidate", "no-cache"].some((name) => directives.has(name))) return { behind: 0, spare: 0 };
  const behind = seconds(directives.get("stale-while-revalidate")) ?? 0;
  const spare = seconds(directives.get("stale-if-error")) ?? (directives.has("s-maxage") ? 0 : SPARE);
  return { behind, spare };
}

/** Whether a page that was asked for with credentials may be another visitor's too. */
const isOpenTo = (directives, isAuthorized) =>
  !isAuthorized || ["public", "s-maxage", "must-revalidate"].some((name) => directives.has(name));

/**
 * What may be done with a page.
 *
 * @param isAuthorized whether it was asked for with an Authorization header
 * @returns {kept, fresh, behind, spare}: whether it may be kept at all; the seconds for which the origin need not be asked;
 *   the seconds after those in which it may be asked behind the visitor's back; those in which the page may be served where
 *   the origin fails
 */
export function freshnessOf(headers, isAuthorized = false) {
  const directives = directivesOf(headers.get("cache-control"));
  const vary = (headers.get("vary") ?? "").toLowerCase().split(",").map((name) => name.trim()).filter(Boolean);
  const kept = !directives.has("no-store") && !directives.has("private") && !vary.includes("*") && isOpenTo(directives, isAuthorized);
  const isForAll = kept && vary.every((name) => name === "accept-encoding") && !headers.has("set-cookie");
  if (!isForAll) return { kept, fresh: 0, behind: 0, spare: 0 };
  const fresh = directives.has("no-cache") ? 0 : Math.max(0, lifetime(headers, directives));
  return { kept, fresh, ...graceOf(directives) };
}
