// A site at another address: a request as it is sent there, and its answer as one of this site.

const PAGE_METHODS = new Set(["GET", "HEAD"]);
const DOMAIN = /;\s*domain\s*=\s*\.?([^;\s]*)[^;]*/i;

const folderOf = ({ pathname }) => pathname.replace(/\/$/, "");

/** The same request at another site, with the visitor's cookies. As what and for whom it was asked stands in x-forwarded-*. */
export function requestAt(base, request) {
  const from = new URL(request.url);
  const to = new URL(base);
  to.pathname = folderOf(to) + from.pathname;
  to.search = from.search;
  const headers = new Headers(request.headers);
  const visitor = headers.get("cf-connecting-ip");
  headers.set("x-forwarded-host", from.host);
  headers.set("x-forwarded-proto", from.protocol.slice(0, -1));
  if (visitor) headers.set("x-forwarded-for", visitor);
  else headers.delete("x-forwarded-for"); // what a visitor claims is nobody's address
  headers.delete("host");
  const { method } = request;
  return new Request(to, { method, headers, body: PAGE_METHODS.has(method) ? null : request.body, redirect: "manual" });
}

/** Where a redirect of the other site to itself leads here, as a path; null where it leads elsewhere, or is none. */
function locationHere(location, base, asked) {
  if (!location || !URL.canParse(location, asked)) return null;
  const [there, target] = [new URL(base), new URL(location, asked)];
  if (target.origin !== there.origin) return null;
  const folder = folderOf(there);
  const isBelow = folder && `${target.pathname}/`.startsWith(`${folder}/`);
  const path = isBelow ? target.pathname.slice(folder.length) || "/" : target.pathname;
  return path.replace(/^\/{2,}/, "/") + target.search + target.hash; // two slashes would name a host
}

/** A cookie of the other site's domain as one of this host: browsers refuse those of foreign domains. */
function cookieHere(cookie, { hostname }) {
  const domain = DOMAIN.exec(cookie)?.[1].toLowerCase();
  return domain === undefined || hostname === domain || hostname.endsWith(`.${domain}`) ? cookie : cookie.replace(DOMAIN, "");
}

/** The other site's answer to a request (`asked` there): its redirects to itself and its cookies are made this site's, all else is as it was. */
export function answerHere(response, base, asked, request) {
  const location = locationHere(response.headers.get("location"), base, asked.url);
  const cookies = response.headers.getSetCookie();
  if (location === null && !cookies.some((cookie) => DOMAIN.test(cookie))) return response;
  const copy = new Response(response.body, response);
  if (location !== null) copy.headers.set("location", location);
  copy.headers.delete("set-cookie");
  for (const cookie of cookies) copy.headers.append("set-cookie", cookieHere(cookie, new URL(request.url)));
  return copy;
}
