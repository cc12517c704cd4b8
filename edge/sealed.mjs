// The snapshot of a visitor's profile in the cookie: encrypted (AES-256-GCM), so that nobody reads on a device what was
// inferred about its user, and bound to the signed part of the cookie in front of it, so that it cannot be moved to another.
//
// tessera=SIGNED~1IV+CIPHERTEXT (base64url); the key is derived (HKDF-SHA-256) from the secret that signed the cookie.

import { bytesOf } from "./base64url.mjs";
import { cookieValues } from "./cookies.mjs";
import { brief, note } from "./journal.mjs";
import { Shelf } from "./shelf.mjs";

const NAME = "tessera";
const VERSION = "1";
const IV = 12; // bytes, random for each sealing
const MOST_COOKIES = 4; // of our name in one request that are tried
const LONGEST = 1_100; // characters of a cookie
const BUDGET = 4_000_000; // characters of what is remembered
const OPEN = "~1\x02";
const SEALING = /~1\x02([^\x02]*)\x02/; // as tessera/identity.py marks what is to be sealed
const INFO = new TextEncoder().encode("tessera snapshot v1");

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const opened = new Shelf(BUDGET, (text) => LONGEST + text.length); // a cookie's value → what snapshotOf tells of it

let setting = null;
let keys = new Map(); // name → promise of a CryptoKey

async function derived(secret) {
  const material = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const salt = new Uint8Array(0); // the secret is random already; the purpose is in INFO
  return crypto.subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt, info: INFO }, material, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** The key that belongs to the name of a signing key; undefined for none. */
function keyOf(env, name) {
  const told = String(env.TESSERA_COOKIE_KEYS ?? "");
  if (told !== setting) {
    const pairs = told.split(",").map((entry) => entry.trim().split(":", 2)).filter(([, secret]) => secret && bytesOf(secret.replace(/=+$/, "")));
    keys = new Map(pairs.map(([id, secret]) => [id, derived(bytesOf(secret.replace(/=+$/, "")))]));
    setting = told;
  }
  return keys.get(name);
}

const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** The values of our cookie that carry a snapshot: [signed part, sealed part]. */
function sealedOf(header) {
  const values = cookieValues(header, NAME, MOST_COOKIES).filter((value) => value.length <= LONGEST && value.includes(`~${VERSION}`));
  return values.map((value) => value.split(`~${VERSION}`, 2));
}

const idOf = (signed) => signed.split(".", 3)[2] ?? "";

/** The text that was sealed, "" for what does not open: forged, of an old key, or broken. */
async function unsealed(env, signed, sealed) {
  const bytes = bytesOf(sealed);
  const key = keyOf(env, signed.split(".", 2)[1]);
  if (bytes === null || bytes.length <= IV || key === undefined) return "";
  try {
    const parameters = { name: "AES-GCM", iv: bytes.subarray(0, IV), additionalData: encoder.encode(signed) };
    return decoder.decode(await crypto.subtle.decrypt(parameters, await key, bytes.subarray(IV)));
  } catch {
    return "";
  }
}

/**
 * What the snapshots of a request's cookie say, as tessera/snapshot.py reads it: the visitor's id, a dot, the text; "" for none.
 * A promise of it where one must be opened first; those that were opened or sealed here are remembered.
 */
export function snapshotOf({ request, env }) {
  const header = request.headers.get("cookie");
  if (header === null || !header.includes("~")) return "";
  const found = sealedOf(header);
  if (found.length === 0) return "";
  return opened.recall(found[0].join("~")) ?? open(env, found);
}

async function open(env, found) {
  for (const [signed, sealed] of found) {
    const text = await unsealed(env, signed, sealed);
    if (text === "") continue;
    const told = `${idOf(signed)}.${text}`;
    opened.keep(`${signed}~${sealed}`, told);
    return told;
  }
  return "";
}

/** Whether an answer of Python has a snapshot that is to be sealed. */
export const isOpen = (answer) => answer.includes(OPEN);

/** The Set-Cookie values with their snapshot sealed, where there is one; without it where that fails, which is said. */
export async function seal(env, cookies) {
  if (!isOpen(cookies)) return cookies;
  const [marked, text] = SEALING.exec(cookies);
  const start = cookies.lastIndexOf(`${NAME}=`, cookies.indexOf(marked)) + NAME.length + 1;
  const signed = cookies.slice(start, cookies.indexOf(marked));
  try {
    const key = await keyOf(env, signed.split(".", 2)[1]);
    const iv = crypto.getRandomValues(new Uint8Array(IV));
    const parameters = { name: "AES-GCM", iv, additionalData: encoder.encode(signed) };
    const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters, key, encoder.encode(text)));
    const bytes = new Uint8Array(IV + sealed.length);
    bytes.set(iv);
    bytes.set(sealed, IV);
    const value = base64url(bytes);
    opened.keep(`${signed}~${value}`, `${idOf(signed)}.${text}`);
    return cookies.replace(marked, () => `~${VERSION}${value}`);
  } catch (error) {
    note("snapshot-not-sealed", { why: brief(error) });
    return cookies.replace(marked, "");
  }
}
