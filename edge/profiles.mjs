// What is stored of visitors and accounts. The truth lies in R2 (STATE) and is written on condition, so that of two writers
// at once neither loses anything; the copy that the edges read lies in KV (PROFILES), which knows no conditions and may be a
// minute behind. Every call has a deadline, and rejects where a store fails.

import { within } from "./body.mjs";

const DEADLINE = 5_000; // milliseconds that a store may take
const LEAST_TTL = 60; // seconds: KV takes no less
const MOST_COPIES = 3;
const KV_PACE = 1_100; // milliseconds: KV takes one write a second for a key
const TOO_FAST = /\b429\b|too many requests/i;

const stateOf = (key) => `profiles/${key}.json`;
const copyOf = (key) => `profile:${key}`;
const soon = (task) => within(task, DEADLINE);

async function truth(env, key) {
  const found = await soon(env.STATE.get(stateOf(key)));
  return found === null ? null : { text: await soon(found.text()), etag: found.etag };
}

/** A stored document as {text, etag, from}: from `state`; from the `copy` where the truth has none (etag empty); or `none`. */
export async function readProfile(env, key) {
  const found = await truth(env, key);
  if (found !== null) return { ...found, from: "state" };
  const copy = await soon(env.PROFILES.get(copyOf(key)));
  return copy === null ? { text: "", etag: "", from: "none" } : { text: copy, etag: "", from: "copy" };
}

/** Put into KV; where it was written to within the last second, once more after that. */
async function put(env, key, text, keepSeconds) {
  const options = { expirationTtl: Math.max(LEAST_TTL, Math.ceil(keepSeconds)) };
  try {
    await soon(env.PROFILES.put(key, text, options));
  } catch (error) {
    if (!TOO_FAST.test(String(error?.message ?? error))) throw error;
    await scheduler.wait(KV_PACE);
    await soon(env.PROFILES.put(key, text, options));
  }
}

/** Make the copy that of the truth. What somebody else writes meanwhile is copied too, so that no older copy stays. */
export async function copyProfile(env, key, keepSeconds) {
  let found = await truth(env, key);
  for (let copies = 0; found !== null && copies < MOST_COPIES; copies += 1) {
    await put(env, copyOf(key), found.text, keepSeconds);
    const now = await soon(env.STATE.head(stateOf(key)));
    if (now === null || now.etag === found.etag) return;
    found = await truth(env, key);
  }
}

/**
 * Store a document where the truth is still of that etag ("": where there is none), and copy it. False: somebody else wrote.
 *
 * @param keepSeconds how long the copy is kept; 0: no copy is made
 */
export async function writeProfile(env, key, text, etag, keepSeconds) {
  const onlyIf = etag ? { etagMatches: etag } : { etagDoesNotMatch: "*" };
  const written = await soon(env.STATE.put(stateOf(key), text, { onlyIf, httpMetadata: { contentType: "application/json" } }));
  if (written === null) return false;
  if (!written?.etag) throw new Error("STATE does not say what it wrote");
  if (keepSeconds > 0) {
    await put(env, copyOf(key), text, keepSeconds);
    const now = await soon(env.STATE.head(stateOf(key)));
    if (now !== null && now.etag !== written.etag) await copyProfile(env, key, keepSeconds);
  }
  return true;
}

/** Take a document away, the truth first. */
export async function removeProfile(env, key) {
  await soon(env.STATE.delete(stateOf(key)));
  await soon(env.PROFILES.delete(copyOf(key)));
}

/** Which visitors an account is known by, as JSON; "" for none. */
export async function readAlias(env, account) {
  return (await soon(env.PROFILES.get(`alias:${account}`))) ?? "";
}

export const writeAlias = (env, account, text, keepSeconds) => put(env, `alias:${account}`, text, keepSeconds);
