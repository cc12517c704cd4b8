// Tessera's own addresses: below /_tessera/ slots for applications that navigate by themselves, rankings, the client, and its events; and
// the APIs for callers with credentials.

import { CLIENT, TAG } from "./client.mjs";
import { events } from "./api_events.mjs";
import { preferences, profile, why } from "./api_mine.mjs";
import { rank } from "./api_rank.mjs";
import { slots } from "./api_slots.mjs";
import { apiOfrep, PREFIX as OFREP } from "./api_ofrep.mjs";
import { apiV1, PREFIX as V1 } from "./api_v1.mjs";
import { brief, note } from "./journal.mjs";
import { refusal } from "./json.mjs";

const PREFIX = "/_tessera/";
const CLIENT_HEADERS = {
  "content-type": "text/javascript; charset=utf-8",
  "cache-control": "public, max-age=3600, stale-while-revalidate=86400",
  "x-content-type-options": "nosniff",
  etag: `"${TAG}"`,
};

function client({ request: { method, headers } }) {
  if (method !== "GET" && method !== "HEAD") return refusal(405, "only GET and HEAD", { allow: "GET, HEAD" });
  const known = headers.get("if-none-match") ?? "";
  if (known.includes(CLIENT_HEADERS.etag)) return new Response(null, { status: 304, headers: CLIENT_HEADERS });
  return new Response(method === "HEAD" ? null : CLIENT, { headers: CLIENT_HEADERS });
}

const ADDRESSES = { "client.mjs": client, slots, rank, events, preferences, why, profile };

/** Whatever fails here is said, and is no page that the origin could give instead. */
async function answered(name, view, tools) {
  if (!Object.hasOwn(ADDRESSES, name)) return refusal(404, "no such address");
  try {
    return await ADDRESSES[name](view, tools);
  } catch (error) {
    note("api-failed", { address: name, why: brief(error) });
    return refusal(500, "this failed");
  }
}

// prefix → what answers below it: (view, tools, the path behind the prefix) → a response, a promise of one, or null for the origin's
const PREFIXES = new Map([
  [PREFIX, (view, tools, path) => answered(path, view, tools)],
  [V1, apiV1],
  [OFREP, apiOfrep],
]);
const EVERY = [...PREFIXES.keys()];

/** The answer to a request for one of these addresses; null for every other. `tools` are the bridge's. */
export function answerApi(view, tools) {
  if (!EVERY.some((prefix) => view.url.includes(prefix))) return null;
  const { pathname } = new URL(view.url);
  const prefix = EVERY.find((each) => pathname.startsWith(each));
  return prefix === undefined ? null : PREFIXES.get(prefix)(view, tools, pathname.slice(prefix.length));
}
