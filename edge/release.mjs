// Follows the live release: the pointer is read again on its interval, in the background once a bundle decides here.

import { brief, note } from "./journal.mjs";
import { Kernel } from "./kernel.mjs";
import scoring from "./kernel_module.mjs";

const HEADER = 64; // bytes of a bundle's header; where the length of its body stands there
const LENGTH_AT = 16;
const POLL_SECONDS = 30;
const POINTER_DEADLINE = 1_000; // milliseconds that the pointer's copy may take
const BUNDLE_DEADLINE = 2_000; // milliseconds that a page without any bundle waits for one
const FOLLOW_DEADLINE = 5_000; // milliseconds after which it is said that the stores do not answer

let polledAt = -Infinity;

async function readText(namespace, key) {
  try {
    const text = await namespace.get(key);
    return text === null ? ["none", ""] : ["ok", text];
  } catch (error) {
    return ["error", brief(error)];
  }
}

/** A value of a KV namespace as [status, text]: ok, none, late or error; never rejects. */
export const read = (namespace, key, deadlineMs) => inTime(readText(namespace, key), deadlineMs);

async function inTime(task, deadlineMs) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, deadlineMs, ["late", ""]);
  });
  try {
    return await Promise.race([task, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function readTexts(namespace, keys) {
  try {
    const found = await namespace.get(keys);
    return ["ok", ...keys.map((key) => found.get(key) ?? "")];
  } catch (error) {
    return ["error", brief(error)];
  }
}

/** Values of a KV namespace in one read, as [status, text…]; the text of a key that is not there is empty. Never rejects. */
export async function readAll(namespace, keys, deadlineMs) {
  if (keys.length === 1) return read(namespace, keys[0], deadlineMs);
  return inTime(readTexts(namespace, keys), deadlineMs);
}

/** The copy of the release pointer for the edges (KV), "" where it cannot be had. */
export async function pointerCopy(env) {
  const [status, text] = await read(env.RELEASES, "current", POINTER_DEADLINE);
  if (status === "late" || status === "error") note("pointer-copy-failed", { why: text || status });
  return status === "ok" ? String(text) : "";
}

/** The release pointer itself (R2), "" where there is none. */
export async function pointer(env) {
  const found = await env.BUNDLES.get("releases/current.json");
  return found === null ? "" : found.text();
}

/**
 * A bundle's bytes, null where it is not in the store: `start`, the header and the head of the body, which Python reads; `rest`, what
 * follows the body; the body's `digest`, hashed by the platform; and its `kernel`, which holds what Python need not (docs/format.md).
 */
export async function bundleParts(env, name) {
  const found = await env.BUNDLES.get(`bundles/${name}.tessera`);
  if (found === null) return null;
  const bytes = new Uint8Array(await found.arrayBuffer());
  const length = bytes.length < HEADER ? 0 : Number(new DataView(bytes.buffer).getBigUint64(LENGTH_AT));
  const end = Math.min(HEADER + length, bytes.length);
  const body = bytes.subarray(HEADER, end);
  const head = body.length < 8 ? body.length : Math.min(new DataView(bytes.buffer, HEADER + 4, 4).getUint32(0), body.length);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return { start: bytes.subarray(0, HEADER + head), rest: bytes.subarray(end), digest, size: bytes.length, kernel: new Kernel(scoring, body) };
}


/** Python's bytes arrive as a proxy that lives only during the call: copy before the first wait. */
function bytesOf(value) {
  if (typeof value.getBuffer !== "function") return new Uint8Array(value);
  const view = value.getBuffer("u8");
  try {
    return view.data.slice();
  } finally {
    view.release();
  }
}

/** Whether the Ed25519 signature over the message is the key's; false for anything malformed. */
export async function verify(publicKey, signature, message) {
  try {
    const [raw, signed, text] = [publicKey, signature, message].map(bytesOf);
    const key = await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, signed, text);
  } catch {
    return false;
  }
}

async function waited(task, milliseconds) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds, false);
  });
  try {
    return await Promise.race([task.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

const isPast = (env, now) => now - polledAt >= 1000 * (Number(env.TESSERA_POLL_SECONDS) || POLL_SECONDS);

/** Whether it is time to read the pointer again. */
export const isDue = (env) => isPast(env, Date.now());

/** Follow the release where it is time to; waits only while there is no bundle. `follow(env)` loads what the pointer names. */
export async function followRelease({ env, ctx }, hasBundle, follow) {
  const now = Date.now();
  if (!isPast(env, now)) return;
  polledAt = now;
  const task = follow(env);
  ctx.waitUntil(task); // past the deadline it goes on for the next page
  const patience = hasBundle ? FOLLOW_DEADLINE : BUNDLE_DEADLINE;
  const waiting = waited(task, patience).then((isDone) => isDone || note("bundle-late", { seconds: patience / 1000 }));
  if (hasBundle) ctx.waitUntil(waiting);
  else await waiting;
}
