// What the log holds of somebody: found a page at a time, and removed. The store's rows are never changed otherwise.

import { count, note } from "./journal.mjs";

const LOG_FOLDERS = ["dead/", "decisions/", "events/"]; // in the order in which the store lists them
const MOST_LISTED = 100; // files listed at once
const READ_AT_ONCE = 6; // files, of which the platform allows as many open connections
const MESSAGE_TIME = 20_000; // milliseconds that a command of the queue may take
const ATTEMPTS = 4; // at writing a file that somebody else writes too
const SWEEP_AFTER = 900; // seconds, by which every line that was on its way has been written or is dead
const TOMBSTONE_TTL = 400 * 86_400; // seconds that the edges' copy says so: longer than any cookie lives

/** The objects of the log after a key, page by page. */
async function* objectsAfter(bucket, cursor) {
  for (const prefix of LOG_FOLDERS) {
    if (cursor >= prefix && !cursor.startsWith(prefix)) continue;
    let startAfter = cursor.startsWith(prefix) ? cursor : undefined;
    for (;;) {
      const { objects, truncated } = await bucket.list({ prefix, startAfter, limit: MOST_LISTED });
      if (objects.length > 0) yield objects.map(({ key }) => key);
      if (!truncated || objects.length === 0) break;
      startAfter = objects.at(-1).key;
    }
  }
}

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** Whether a text has one of the ids as a whole text of JSON, also of JSON within a text. */
const holds = (text, ids) => ids.some((id) => text.includes(`"${id}"`) || text.includes(`\\"${id}\\"`));

/** Whether a row is somebody's. Of what is dead the form is not known: there any mention counts. */
function isTheirs(line, ids, isDead) {
  if (!holds(line, ids)) return false;
  if (isDead) return true;
  const row = parsed(line);
  return row !== null && (ids.includes(row.unit) || ids.includes(row.profile));
}

/** The lines of a file that are somebody's, and the others. Rows of one page view stay together, whatever unit each names. */
function split(text, ids, isDead) {
  const lines = text.split("\n").filter(Boolean);
  const theirs = new Set(lines.filter((line) => isTheirs(line, ids, isDead)));
  const views = new Set([...theirs].map((line) => parsed(line)?.id).filter(Boolean));
  if (theirs.size > 0) for (const line of lines) if (views.has(parsed(line)?.id)) theirs.add(line);
  return { theirs: lines.filter((line) => theirs.has(line)), others: lines.filter((line) => !theirs.has(line)) };
}

async function textOf(bucket, key) {
  const found = await bucket.get(key);
  return found === null ? null : { text: await found.text(), etag: found.etag };
}

/** Call `each(key)` for the files of a page, some at once. */
async function some(keys, each) {
  for (let i = 0; i < keys.length; i += READ_AT_ONCE) await Promise.all(keys.slice(i, i + READ_AT_ONCE).map(each));
}

/**
 * The rows of the log that are somebody's: {rows: [[folder, row], …], files, next}; `next` goes on from there, null at the end.
 *
 * @param wanted {ids, cursor, most: rows to find before it stops, files: most of them to read, milliseconds}
 */
export async function linesOf({ LOG }, { ids, cursor = "", most, files, milliseconds }) {
  const until = Date.now() + milliseconds;
  const rows = [];
  let [read, last] = [0, cursor];
  for await (const keys of objectsAfter(LOG, cursor)) {
    const found = new Map();
    for (let i = 0; i < keys.length; i += READ_AT_ONCE) {
      const part = keys.slice(i, i + READ_AT_ONCE);
      await Promise.all(part.map(async (key) => found.set(key, (await textOf(LOG, key))?.text ?? "")));
      for (const key of part) {
        const folder = key.slice(0, key.indexOf("/"));
        const text = found.get(key);
        if (folder !== "dead" && holds(text, ids)) for (const line of split(text, ids, false).theirs) rows.push([folder, parsed(line)]);
        [read, last] = [read + 1, key];
      }
      if (rows.length >= most || read >= files || Date.now() >= until) return { rows, files: read, next: last };
    }
  }
  return { rows, files: read, next: null };
}

/** Write a file of the log without somebody's lines: how many those were. */
async function cleaned(bucket, key, ids) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const found = await textOf(bucket, key);
    if (found === null || !holds(found.text, ids)) return 0;
    const { theirs, others } = split(found.text, ids, key.startsWith("dead/"));
    if (theirs.length === 0) return 0;
    const text = others.map((line) => `${line}\n`).join("");
    if ((await bucket.put(key, text, { onlyIf: { etagMatches: found.etag } })) !== null) return theirs.length;
  }
  throw new Error("a file of the log is written again and again");
}

/** Remove somebody's lines from the log, from the cursor on and within the time: {read, rewritten, lines, next}. */
async function removed(bucket, { ids, cursor = "", milliseconds }) {
  const until = Date.now() + milliseconds;
  const told = { read: 0, rewritten: 0, lines: 0, next: null };
  let last = cursor;
  for await (const keys of objectsAfter(bucket, cursor)) {
    for (let i = 0; i < keys.length; i += READ_AT_ONCE) {
      const part = keys.slice(i, i + READ_AT_ONCE);
      const counts = await Promise.all(part.map((key) => cleaned(bucket, key, ids)));
      told.read += part.length;
      told.rewritten += counts.filter(Boolean).length;
      told.lines += counts.reduce((sum, each) => sum + each, 0);
      last = part.at(-1);
      if (Date.now() >= until) return { ...told, next: last };
    }
  }
  return told;
}

/** Write that a profile is erased: the truth and its copy; and delete what else is stored under the key. */
async function entombed({ STATE, PROFILES }, key, at) {
  const text = JSON.stringify({ v: 2, erased: at });
  await STATE.put(`profiles/${key}.json`, text);
  await PROFILES.put(`profile:${key}`, text, { expirationTtl: TOMBSTONE_TTL });
  await Promise.all([`facts:${key}`, `alias:${key}`].map((name) => PROFILES.delete(name)));
}

/** Read again what was erased, so that the receipt says what is there now and not what was tried. */
async function verified({ STATE, PROFILES, LOG }, { keys, ids, milliseconds, files }) {
  const isGrave = (text) => parsed(text ?? "")?.erased !== undefined;
  const profiles = await Promise.all(
    keys.map(async (key) => {
      const [truth, copy, facts, alias] = await Promise.all([
        textOf(STATE, `profiles/${key}.json`), PROFILES.get(`profile:${key}`), PROFILES.get(`facts:${key}`), PROFILES.get(`alias:${key}`),
      ]); // prettier-ignore
      return { key, profile: isGrave(truth?.text), copy: isGrave(copy), facts: facts === null, alias: alias === null };
    }),
  );
  const { rows, next } = await linesOf({ LOG }, { ids, most: 1, files, milliseconds });
  return { profiles, lines: rows.length, whole: next === null };
}

/**
 * Erase somebody: the profile first, so that nothing is written to it any more, then the lines of the log, as far as the time goes.
 * The rest, and once more what was on its way meanwhile, is done by commands on the queue of events.
 *
 * @param wanted {keys: of profiles, ids: units in the log, at: epoch seconds, milliseconds, cursor: where a command goes on, last: no
 *   sweep comes after, each: milliseconds that a command may take}
 * @returns {log: {read, rewritten, lines, next}, verified, sweep: epoch seconds of the later sweep}
 */
export async function erase(env, { keys, ids, at, milliseconds, cursor = "", last = false, each = MESSAGE_TIME }) {
  const command = { command: "erase", profile: keys[0], keys, ids, at, each };
  const send = (more, options = {}) => env.EVENTS.send(JSON.stringify({ ...command, ...more }), { contentType: "text", ...options });
  if (cursor === "") {
    for (const key of keys) await entombed(env, key, at);
    if (!last) await send({ cursor: "", last: true }, { delaySeconds: SWEEP_AFTER }); // first, so that it comes whatever fails now
  }
  const log = await removed(env.LOG, { ids, cursor, milliseconds });
  count("erased-lines", log.lines);
  if (log.next !== null) await send({ cursor: log.next, last });
  const told = log.next === null ? await verified(env, { keys, ids, milliseconds, files: Infinity }) : null;
  return { log, verified: told, sweep: at + SWEEP_AFTER };
}

/** Carry out a command of the queue of events, given as JSON text; rejects where it must be delivered again. */
export async function eraseBy(env, text) {
  const { profile, keys = [profile], ids = keys, at, cursor, last = true, each = MESSAGE_TIME } = JSON.parse(text);
  const { log } = await erase(env, { keys, ids, at, cursor, last, each, milliseconds: each });
  if (log.next === null) note("erased", { lines: log.lines, files: log.rewritten });
}
