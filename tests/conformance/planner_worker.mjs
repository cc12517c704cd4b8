// A Worker that plans and joins pages by the product's own modules; every request brings many pages.

import { isPersonalisable } from "./page.mjs";
import { join, planOf, slotStatus } from "./plan.mjs";

const MAX_CUTS = 1000;

const encoder = new TextEncoder();
const decode = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const encode = (bytes) => {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
};

async function digest(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Where a page is cut: behind every byte of a small one, else at places that follow from a seed (xorshift). */
function seams(size, seed) {
  if (size <= MAX_CUTS) return Array.from({ length: size }, (_, i) => i + 1);
  let state = seed || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % size;
  };
  return [...new Set(Array.from({ length: MAX_CUTS }, next)), size].sort((a, b) => a - b);
}

function pieces(bytes, seed) {
  const ends = seams(bytes.length, seed);
  let from = 0;
  return new ReadableStream({
    pull(controller) {
      const end = ends.shift();
      if (end === undefined) return controller.close();
      if (end > from) controller.enqueue(bytes.slice(from, end));
      else return this.pull(controller);
      from = end;
    },
  });
}

/** A page with the task's contents in its slots; where the parser gives up, `error` says so. */
async function perform(bytes, { slots, contents, seed, whole }) {
  try {
    const plan = await planOf(bytes, slots, seed ? () => pieces(bytes, seed) : undefined);
    const kept = JSON.parse(JSON.stringify(plan)); // a plan survives being stored
    const page = join({ bytes, ...kept }, contents.map((content) => (content === null ? null : encoder.encode(content))));
    const statuses = slots.map((_, slot) => slotStatus(kept, slot, contents[slot] !== null));
    return { digest: await digest(page), body: whole ? encode(page) : null, statuses, matches: kept.matches };
  } catch (error) {
    return { error: String(error?.message ?? error) };
  }
}

/** Which selectors the platform's parser follows. */
function followed(selectors) {
  return selectors.map((selector) => {
    try {
      new HTMLRewriter().on(selector, { element() {} });
      return true;
    } catch {
      return false;
    }
  });
}

export default {
  async fetch(request) {
    const { pages = [], selectors = [] } = await request.json();
    const answers = [];
    for (const { page, tasks } of pages) {
      const bytes = decode(page);
      const done = [];
      for (const task of tasks) done.push(await perform(bytes, task));
      answers.push({ personalisable: isPersonalisable(bytes), tasks: done });
    }
    return Response.json({ pages: answers, selectors: followed(selectors) });
  },
};
