// The OpenFeature Remote Evaluation Protocol below /ofrep/v1/: for callers with credentials, in deployments that have any.

import { exchange, isOpen } from "./api_exchange.mjs";

export const PREFIX = "/ofrep/v1/";
const FAMILY = "ofrep";
const ONE = "/evaluate/flags/"; // before the key of a flag
const OWN = new Set([401, 403, 429]); // what providers know by the status alone
const HEADERS = { "cache-control": "private, no-store", "x-content-type-options": "nosniff", "content-type": "application/json; charset=utf-8" };

/** A refusal in the protocol's own words, of which it has 400 and 500: providers read nothing else. */
async function inItsWords(response, { url }) {
  const isProblem = response.headers.get("content-type")?.startsWith("application/problem+json");
  if (!isProblem || OWN.has(response.status)) return response;
  const { title, detail } = await response.json();
  const errorDetails = detail ? `${title}: ${detail}` : title;
  const isTheirs = response.status < 500;
  const headers = new Headers(HEADERS);
  if (response.headers.has("retry-after")) headers.set("retry-after", response.headers.get("retry-after"));
  const [, key] = new URL(url).pathname.split(ONE);
  const told = isTheirs ? { ...(key ? { key } : {}), errorCode: "PARSE_ERROR", errorDetails } : { errorDetails };
  return new Response(JSON.stringify(told), { status: isTheirs ? 400 : 500, headers });
}

/** A promise of the answer; null where the deployment has no such API, so that the request is the origin's. */
export const apiOfrep = (view, tools) => (isOpen(view) ? exchange(view, tools, FAMILY, PREFIX).then((response) => inItsWords(response, view)) : null);
