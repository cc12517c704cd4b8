// POST /_tessera/events: what browsers report. The body is read within bounds, Python says what of it counts, a queue takes it.

import { appendCookies } from "./answer.mjs";
import { readBody, within } from "./body.mjs";
import { brief, count, note } from "./journal.mjs";
import { isOwn, json, refusal } from "./json.mjs";
import { limitedVisitor } from "./limits.mjs";
import { readAll } from "./release.mjs";
import { seal } from "./sealed.mjs";
import { factsOf, RS, US } from "./visit.mjs";

const GS = "\x1d"; // between keys of a store
const QUEUE_DEADLINE = 5_000; // milliseconds that the queue may take; an answer that it has failed is better than none

/** JSON, also as the plain text that a beacon with a text is; that it is this site's is told by other headers. */
const isJson = ({ headers }) =>
  /^(application\/json|text\/plain)\s*(;|$)/i.test(headers.get("content-type") ?? "") && /^(identity)?$/i.test(headers.get("content-encoding") ?? "");

/** Take events in. 202 says that the accepted ones are in the queue. */
export async function events(view, { live, events, recognised }) {
  const { request, env } = view;
  if (request.method !== "POST") return refusal(405, "only POST", { allow: "POST" });
  if (!isOwn(view, false)) return refusal(403, "only for pages of this site");
  const over = await limitedVisitor(view);
  if (over) return refusal(429, "too many reports", { "retry-after": String(over.period) });
  if (!isJson(request)) return refusal(415, "only application/json");
  const { text, status, why } = await readBody(request);
  if (status) return refusal(status, why);
  if (!live(view)) return refusal(503, "no release is live", { "retry-after": "5" });
  await recognised(view);
  const facts = factsOf(view, "");
  let answer = events(facts + RS + RS + text);
  if (answer.startsWith(`read${US}`)) {
    const [, keys, deadline] = answer.split(US);
    const stored = (await readAll(env.PROFILES, keys.split(GS), Number(deadline))).join(US).replaceAll(RS, "");
    answer = events(facts + RS + stored + RS + text);
  }
  const [kind, first, refused, message, cookies] = answer.split(US);
  if (kind === "bad") return refusal(400, first);
  if (kind !== "events") {
    note("events-failed", { why: first });
    return refusal(503, "reading the events failed");
  }
  const [accepted, told] = [Number(first), JSON.parse(refused)];
  if (told.length > 0) count("events-refused", told.length);
  try {
    if (message) await within(env.EVENTS.send(message, { contentType: "text" }), QUEUE_DEADLINE);
  } catch (error) {
    note("events-lost", { why: brief(error), events: accepted });
    return refusal(503, "the events could not be kept", { "retry-after": "5" });
  }
  const response = json(202, { accepted, refused: told });
  appendCookies(response.headers, await seal(env, cookies));
  return response;
}
