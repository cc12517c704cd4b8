// Tessera's own addresses below /_tessera/: slots for applications that navigate by themselves, the client, and its events.

import { CLIENT, TAG } from "./client.mjs";
import { events } from "./api_events.mjs";
import { slots } from "./api_slots.mjs";
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

const ADDRESSES = { "client.mjs": client, slots, events };

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

/** The answer to a request for one of these addresses; null for every other. `tools` as api_slots and api_events take them. */
export function answerApi(view, tools) {
  if (!view.url.includes(PREFIX)) return null;
  const { pathname } = new URL(view.url);
  return pathname.startsWith(PREFIX) ? answered(pathname.slice(PREFIX.length), view, tools) : null;
}
