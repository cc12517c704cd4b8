// What goes into the places of a page, as bytes with their hash. Most contents are shown to many.

import { Shelf } from "./shelf.mjs";

const BUDGET = 4 * 1024 * 1024;
const OVERHEAD = 128;
const NONCE = "\x02"; // stands for the page's nonce, in an attribute of that name; no visitor's data can hold it
const NONCE_ATTRIBUTE = / nonce="\x02"/g;

const encoder = new TextEncoder();
const personal = new Shelf(BUDGET, ({ bytes }) => bytes.length + OVERHEAD);
const fixed = new Map(); // bundle → number → content
let textOf = () => "";

/** 53 bits of a text, for validators (cyrb53, public domain). */
export function hashOf(text) {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
}

function made(text) {
  return { text, bytes: encoder.encode(text), hash: hashOf(text), hasNonce: text.includes(NONCE) };
}

function remembered(text) {
  let content = personal.recall(text);
  if (content === undefined) personal.keep(text, (content = made(text)));
  return content;
}

/** Keep the contents of these bundles alone; `text(bundle, number)` gives those that are the same for everybody. */
export function adoptContents(bundles, text) {
  for (const bundle of fixed.keys()) if (!bundles.has(bundle)) fixed.delete(bundle);
  for (const bundle of bundles) if (!fixed.has(bundle)) fixed.set(bundle, new Map());
  textOf = text;
}

/** What tessera/visit.py says of a place → {text, bytes, hash, hasNonce}; null where it stays as it is. */
export function contentOf(bundle, filling) {
  const kind = filling[0];
  if (kind === "0") return null;
  const told = filling.slice(1);
  if (kind === "1") return remembered(told);
  const known = fixed.get(bundle);
  let content = known.get(told);
  if (content === undefined) known.set(told, (content = made(textOf(bundle, told))));
  return content;
}

/** The content with the page's nonce in its place, or without the attribute where the page has none. */
export function withNonce(content, nonce) {
  return content?.hasNonce ? remembered(content.text.replace(NONCE_ATTRIBUTE, nonce && ` nonce="${nonce}"`)) : content;
}
