// What the CDN would tell about a visitor (place, time zone, address), supplied by tests and the demo instead.

import { sameToken } from "./token.mjs";

const TOKEN = "tessera-host-token";
const FACTS = "tessera-host-facts";
const ADDRESS = "cf-connecting-ip";
const LOCAL = "127.0.0.1";

/** Whether the request comes from the host's owner. */
export function trusted(request, env) {
  return sameToken(request.headers.get(TOKEN), env.HOST_TOKEN);
}

function factsOf(request, env, isTrusted) {
  const standing = JSON.parse(env.HOST_FACTS ?? "{}");
  const given = isTrusted ? request.headers.get(FACTS) : null;
  return given === null ? standing : { ...standing, ...JSON.parse(given) };
}

/** The request as the CDN would hand it over; nobody's own claims about these facts survive. */
export function asAtTheEdge(request, env, isTrusted) {
  const { ip, ...cf } = factsOf(request, env, isTrusted);
  const headers = new Headers(request.headers);
  headers.delete(TOKEN);
  headers.delete(FACTS);
  headers.set(ADDRESS, ip ?? LOCAL);
  return new Request(request, { headers, cf });
}
