// Keys of the HTTP API: `tsr_<id>_<secret>`. The Worker knows their digests alone, by TESSERA_API_KEYS:
// `id:role:base64url(sha256(secret))[:YYYY-MM-DD],…`, as `compiler/api_keys.py` writes them.

import { bytesOf } from "./base64url.mjs";
import { note } from "./journal.mjs";
import { isRole } from "./roles.mjs";

export const PREFIX = "tsr_";
const KEY = /^tsr_([A-Za-z0-9-]{1,32})_([A-Za-z0-9_-]{43})$/;
const ID = /^[A-Za-z0-9-]{1,32}$/;
const DAY = /^(\d{4})-(\d\d)-(\d\d)$/;
const DAY_MS = 86_400_000;
const DIGEST = 32; // bytes
const MAX_KEYS = 256;
const MAX_SETTING = 65_536; // characters

const encoder = new TextEncoder();

let known = { setting: "", keys: [] };

const digestOf = async (text) => new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));

/** When a key ends: with the day that it names, in UTC. Never for no day; null for none that there is. */
function endOf(day) {
  if (day === undefined) return Infinity;
  const [, year, month, date] = DAY.exec(day)?.map(Number) ?? [];
  const begin = new Date(Date.UTC(year, month - 1, date));
  return !Number.isNaN(begin.getTime()) && begin.toISOString().startsWith(day) ? begin.getTime() + DAY_MS : null;
}

/** An entry of the setting: {id, name (the id's digest), role, digest, until}; null where it is of another form. */
async function entryOf(text) {
  const [id, role, encoded, day, ...more] = text.split(":");
  const digest = bytesOf(encoded);
  const until = endOf(day);
  if (more.length > 0 || !ID.test(id) || !isRole(role) || digest?.length !== DIGEST || until === null) return null;
  return { id, name: await digestOf(id), role, digest, until };
}

/** The keys of a setting; what cannot be read grants nothing, and the log says which entry it is, but not what is in it. */
async function keysOf(setting) {
  if (known.setting === setting) return known.keys;
  const texts = setting.slice(0, MAX_SETTING).split(",").map((each) => each.trim()).filter(Boolean);
  const entries = await Promise.all(texts.slice(0, MAX_KEYS).map(entryOf));
  entries.forEach((entry, i) => entry ?? note("api-key-refused", { entry: i + 1 }));
  if (texts.length > MAX_KEYS || setting.length > MAX_SETTING) note("api-keys-cut", { at: MAX_KEYS });
  known = { setting, keys: entries.filter(Boolean) };
  return known.keys;
}

/**
 * Whose key this is: {id, role}, or {why}: "malformed", "unknown-key" or "expired". Every key is compared, each in constant
 * time, so that the time taken tells neither which ids there are nor how much of a secret was right.
 *
 * @param now epoch milliseconds
 */
export async function keyHolder(text, setting, now) {
  const [, id, secret] = KEY.exec(text) ?? [];
  if (secret === undefined) return { why: "malformed" };
  const keys = await keysOf(String(setting ?? ""));
  const [name, digest] = await Promise.all([id, secret].map(digestOf));
  let found = null;
  for (const key of keys) {
    const isName = crypto.subtle.timingSafeEqual(name, key.name);
    const isSecret = crypto.subtle.timingSafeEqual(digest, key.digest);
    if (isName & isSecret && !(found?.until > key.until)) found = key;
  }
  if (found === null) return { why: "unknown-key" };
  return now < found.until ? { id: found.id, role: found.role } : { why: "expired" };
}
