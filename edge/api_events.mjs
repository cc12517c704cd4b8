// POST /_tessera/events: what browsers report. The body is read within bounds, Python says what of it counts, a queue takes it.

import { brief, count, note } from "./journal.mjs";
import { isOwn, json, refusal } from "./json.mjs";
import { factsOf, RS, US } from "./visit.mjs";

const MAX_BYTES = 65_536;
const BODY_DEADLINE = 10_000; // milliseconds that a body may take to come
const QUEUE_DEADLINE = 5_000; // milliseconds that the queue may take; an answer that it has failed is better than none

const strict = new TextDecoder("utf-8", { fatal: true });

class Late extends Error {}

async function within(task, milliseconds) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Late(`nothing within ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([task, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The body's bytes; null where it is too large, and then no more of it is read than that. */
async function bytesOf({ headers, body }) {
  if (Number(headers.get("content-length")) > MAX_BYTES) return null;
  const parts = [];
  let size = 0;
  const reader = body?.getReader();
  while (reader) {
    const { value, done } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MAX_BYTES) {
      await reader.cancel();
      return null;
    }
    parts.push(value);
  }
  return new Blob(parts).bytes();
}

function textOf(bytes) {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}

/** JSON, also as the plain text that a beacon with a text is; that it is this site's is told by other headers. */
const isJson = ({ headers }) =>
  /^(application\/json|text\/plain)\s*(;|$)/i.test(headers.get("content-type") ?? "") && /^(identity)?$/i.test(headers.get("content-encoding") ?? "");

/** The body as text; or the response that refuses it. */
async function read(request) {
  try {
    const bytes = await within(bytesOf(request), BODY_DEADLINE);
    if (bytes === null) return refusal(413, `at most ${MAX_BYTES} bytes`);
    return textOf(bytes) ?? refusal(400, "the body is not UTF-8");
  } catch (error) {
    return error instanceof Late ? refusal(408, "the body came too slowly") : refusal(400, "the body broke off");
  }
}

/** Take events in. 202 says that the accepted ones are in the queue. */
export async function events(view, { live, events }) {
  const { request, env } = view;
  if (request.method !== "POST") return refusal(405, "only POST", { allow: "POST" });
  if (!isOwn(view, false)) return refusal(403, "only for pages of this site");
  if (!isJson(request)) return refusal(415, "only application/json");
  const text = await read(request);
  if (text instanceof Response) return text;
  if (!live()) return refusal(503, "no release is live", { "retry-after": "5" });
  const answer = events(factsOf(view, "") + RS + text);
  const [kind, first, refused, message] = answer.split(US);
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
  return json(202, { accepted, refused: told });
}
