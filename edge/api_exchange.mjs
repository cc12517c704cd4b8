// One call of an HTTP API: who asks, how often, and the body are settled here; Python decides; stores and queues are asked here.

import { answerOf, authorise, insufficient } from "./credentials.mjs";
import { Late, readBody, within } from "./body.mjs";
import { erase, linesOf } from "./erasure.mjs";
import { brief, count, note } from "./journal.mjs";
import { limitedCaller, tooMany } from "./limits.mjs";
import { problem } from "./problem.mjs";
import { readProfile, writeProfile } from "./profiles.mjs";
import { RS } from "./visit.mjs";

const QUEUE_DEADLINE = 5_000; // milliseconds
const STORE_DEADLINE = 5_000; // milliseconds that a store may take where nothing can be answered without it, besides the work that it was asked for
const MOST_ROUNDS = 16; // times that Python may ask for more
const MOST_KEYS = 100; // that KV reads at once
const MAX_QUERY = 4_096; // characters
const HEADERS = { "cache-control": "private, no-store", "x-content-type-options": "nosniff", "content-type": "application/json; charset=utf-8" };
const PASSED = ["if-none-match", "content-type", "user-agent"]; // headers that Python may see
const BODIED = new Set(["POST", "PUT", "PATCH"]);

class Unavailable extends Error {}

/** Whether the deployment lets anybody call it: without a key or an issuer such a request is the origin's. */
export const isOpen = ({ env }) => Boolean(env.TESSERA_API_KEYS || env.TESSERA_OAUTH);

/** Values of a KV namespace, by one call for a hundred: {key: [status, text]} with ok, none, late or error; never rejects. */
async function readAll(namespace, keys, milliseconds) {
  const parts = [];
  for (let i = 0; i < keys.length; i += MOST_KEYS) parts.push(namespace.get(keys.slice(i, i + MOST_KEYS)));
  try {
    const found = new Map((await within(Promise.all(parts), milliseconds)).flatMap((part) => [...part]));
    return Object.fromEntries(keys.map((key) => [key, typeof found.get(key) === "string" ? ["ok", found.get(key)] : ["none", ""]]));
  } catch (error) {
    const status = error instanceof Late ? "late" : "error";
    count(`profile-${status}`);
    return Object.fromEntries(keys.map((key) => [key, [status, brief(error)]]));
  }
}

/** A task of stores without which there is no answer. */
async function needed(task, milliseconds = STORE_DEADLINE) {
  try {
    return await within(task, milliseconds);
  } catch (error) {
    throw new Unavailable(brief(error));
  }
}

/** What Python may ask for before it answers; each gives what comes back under the same name. */
const ASKED = {
  reads: (view, { keys, deadline }) => readAll(view.env.PROFILES, keys, deadline),
  profiles: async ({ env }, { keys }) => Object.fromEntries(await Promise.all(keys.map(async (key) => [key, await needed(readProfile(env, key))]))),
  lines: (view, wanted) => needed(linesOf(view.env, wanted), STORE_DEADLINE + wanted.milliseconds),
  erased: (view, wanted) => needed(erase(view.env, wanted), STORE_DEADLINE + 2 * wanted.milliseconds),
};

/** Write a profile; where somebody else wrote meanwhile, what was read of it is forgotten and Python is asked anew. */
async function written(view, given, { key, text, etag, keep }) {
  const isWritten = await needed(writeProfile(view.env, key, text, etag, keep));
  if (isWritten) given.written = true;
  else delete given.profiles;
}

async function queued(view, messages) {
  try {
    await Promise.all(messages.map(([queue, text]) => within(view.env[queue].send(text, { contentType: "text" }), QUEUE_DEADLINE)));
    return true;
  } catch (error) {
    note("api-not-queued", { why: brief(error) });
    return false;
  }
}

/** Python's answer: {head, body, messages}; the body is JSON text, passed on as it is. */
function readAnswer(answer) {
  const [head, body, ...messages] = answer.split(RS);
  return { head: JSON.parse(head), body, messages: messages.map((each) => [each.slice(0, each.indexOf(" ")), each.slice(each.indexOf(" ") + 1)]) };
}

async function answered(view, { head, body, messages }) {
  if (head.insufficient) return answerOf(insufficient(head.insufficient));
  const isKept = messages.length === 0 || (await queued(view, messages.filter(([queue]) => queue !== "DECISIONS")));
  if (!isKept) return problem(503, "not-kept", "It could not be kept", "ask again", {}, { "retry-after": "5" });
  const records = messages.filter(([queue]) => queue === "DECISIONS");
  if (records.length > 0) view.ctx.waitUntil(queued(view, records));
  const headers = { ...HEADERS, ...head.headers };
  return new Response([204, 304].includes(head.status) || body === "" ? null : body, { status: head.status, headers });
}

/** Ask Python until it answers. */
async function decided(view, tools, given) {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const answer = readAnswer(tools.api(JSON.stringify(given)));
    const { need, write } = answer.head;
    if (write) await written(view, given, write);
    else if (need) given[need.what] = await ASKED[need.what](view, need);
    else return answered(view, answer);
  }
  note("api-conflicts", { operation: given.path.join("/").slice(0, 100) });
  return problem(503, "busy", "Others write the same", "ask again", {}, { "retry-after": "1" });
}

/** Segments of a path and the query's parameters, decoded; null where they are malformed. The first of several values counts. */
function addressOf(url, prefix) {
  const { pathname, search, searchParams } = new URL(url);
  if (search.length > MAX_QUERY) return null;
  try {
    const query = {};
    for (const [name, value] of searchParams) if (!Object.hasOwn(query, name)) query[name] = value;
    return { path: pathname.slice(prefix.length).split("/").map(decodeURIComponent), query };
  } catch {
    return null;
  }
}

async function asked(view, tools, family, prefix) {
  const { request } = view;
  const caller = await authorise(view);
  if (!caller.role) return answerOf(caller);
  const over = await limitedCaller(view.env, caller);
  if (over) return tooMany(over);
  const address = addressOf(view.url, prefix);
  if (address === null) return problem(400, "malformed", "The address is malformed", "");
  let text = null;
  if (BODIED.has(request.method)) {
    const body = await readBody(request);
    if (body.status) return problem(body.status, "body", "The body cannot be read", body.why);
    text = body.text;
  }
  const headers = Object.fromEntries(PASSED.map((name) => [name, (request.headers.get(name) ?? "").slice(0, 1024)]));
  const { role, subject } = caller;
  const given = { family, method: request.method, ...address, headers, text, role, subject, at: view.now / 1000, nonce: crypto.randomUUID() };
  return decided(view, tools, given);
}

/**
 * Answer a call of an API; never rejects.
 *
 * @param family "v1" or "ofrep": who in Python answers. prefix: of the address.
 */
export async function exchange(view, tools, family, prefix) {
  try {
    return await asked(view, tools, family, prefix);
  } catch (error) {
    note("api-failed", { why: brief(error) });
    if (error instanceof Unavailable) return problem(503, "store", "A store does not answer", "ask again", {}, { "retry-after": "5" });
    return problem(500, "", "Internal Server Error");
  }
}
