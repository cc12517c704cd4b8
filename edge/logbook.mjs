// The log's store (R2 LOG): text under a key, with a deadline. Every call rejects where the store fails.

import { within } from "./body.mjs";

const DEADLINE = 10_000; // milliseconds that the store may take

const soon = (task) => within(task, DEADLINE);

export async function writeLog(env, key, text) {
  await soon(env.LOG.put(key, text));
}

/** The text under a key, "" for none. */
export async function readLog(env, key) {
  const found = await soon(env.LOG.get(key));
  return found === null ? "" : soon(found.text());
}

export async function removeLog(env, key) {
  await soon(env.LOG.delete(key));
}
