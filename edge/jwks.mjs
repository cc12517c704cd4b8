// The keys of whoever issues tokens (a JSON Web Key Set), fetched and kept in this isolate.

import { brief, note } from "./journal.mjs";
import { Shelf } from "./shelf.mjs";

// milliseconds
const FRESH = 600_000; // that a set is used without asking again
const SPARE = 86_400_000; // that it may stand in where asking fails
const AGAIN = 60_000; // until it is asked for again for a key that is not in it, or after a failure
const FIRST = 5_000; // the same, while there is no set at all
const DEADLINE = 1_000; // that the issuer has for the whole answer
const ABANDONED = 2_000; // after which a fetch is taken to have ended with the request that began it

const MAX_BYTES = 65_536;
const MAX_KEYS = 64;
const MAX_SETS = 16;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

const sets = new Shelf(MAX_SETS, () => 1); // address → {keys, at, asked, busy}

/** Whether keys may come from an address: over https; in development also from this machine. */
export function isTrustworthy(address, isDevelopment) {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username, password } = new URL(address);
  if (username || password) return false;
  return protocol === "https:" || (isDevelopment && protocol === "http:" && LOOPBACK.has(hostname));
}

/** The body as text. Rejects where it is too large, and then no more of it is read than that. */
async function textOf({ body }) {
  const parts = [];
  let size = 0;
  for await (const part of body ?? []) {
    size += part.length;
    if (size > MAX_BYTES) throw new Error(`over ${MAX_BYTES} bytes`);
    parts.push(part);
  }
  return new Blob(parts).text();
}

/** The keys at an address. Rejects where there are none to be had in time; a redirect is not followed. */
async function load(address, fetcher) {
  const controller = new AbortController();
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`nothing within ${DEADLINE} ms`));
      controller.abort();
    }, DEADLINE);
  });
  const headers = { accept: "application/jwk-set+json, application/json" };
  const send = () => fetcher(address, { redirect: "manual", signal: controller.signal, headers, cache: "no-store" });
  const told = async () => {
    const response = await send().catch((error) => (controller.signal.aborted ? Promise.reject(error) : send())); // a connection may have gone stale
    if (response.status === 200) return textOf(response);
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  };
  const telling = told();
  telling.catch(() => {}); // after the deadline nobody waits for it
  try {
    const set = JSON.parse(await Promise.race([telling, late]));
    if (!Array.isArray(set?.keys)) throw new Error("no list of keys");
    return set.keys.filter((key) => typeof key === "object" && key !== null).slice(0, MAX_KEYS);
  } finally {
    clearTimeout(timer);
  }
}

/** Ask the issuer; what it says takes the place of what was known, a failure does not. */
async function ask(set, address, now, fetcher) {
  try {
    set.keys = await load(address, fetcher);
    set.at = now;
  } catch (error) {
    note("jwks-failed", { why: brief(error) });
  }
}

/** Wait for somebody's fetch, but no longer than it may take: its request may have ended, and it with it. */
async function waited(task) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, DEADLINE + 100);
  });
  await Promise.race([task, late]);
  clearTimeout(timer);
}

/** One fetch at a time, and none sooner than is due; what there is afterwards stands in the set. */
async function refreshed(set, address, now, { fetcher = fetch, waitUntil }) {
  if (set.busy !== null && Date.now() - set.busy.since < ABANDONED) return waited(set.busy.task);
  if (Math.abs(now - set.asked) < (set.keys === null ? FIRST : AGAIN)) return undefined;
  set.asked = now;
  const busy = { since: Date.now(), task: ask(set, address, now, fetcher) };
  set.busy = busy;
  const ended = busy.task.then(() => {
    if (set.busy === busy) set.busy = null;
  });
  waitUntil?.(ended);
  return ended;
}

/**
 * A key of the set at an address, as `choose(keys)` finds it.
 *
 * @param now epoch milliseconds
 * @param platform {fetcher, waitUntil}; both may be missing
 * @returns {key}; or {why}: "keys-unavailable", or "unknown-key" where no key of the set will do
 */
export async function findKey(address, choose, now, platform) {
  const set = sets.recall(address) ?? { keys: null, at: -Infinity, asked: -Infinity, busy: null };
  sets.keep(address, set);
  const age = () => Math.abs(now - set.at);
  const known = age() < FRESH ? choose(set.keys) : null;
  if (known) return { key: known };
  await refreshed(set, address, now, platform);
  if (!(age() < SPARE)) return { why: "keys-unavailable" };
  const key = choose(set.keys);
  return key ? { key } : { why: "unknown-key" };
}
