// Where the elements of a page begin and end, as the platform's own parser sees them: it is asked to put marks around
// every element that a slot's selector matches, and the marks are taken out again.

import { Watch, hazardsOf, isDoubtful } from "./closing.mjs";

/** More elements than this of one selector are a mistake, and would make plans without bound. */
export const MAX_MATCHES = 1000;

/** Marks: start of the element, begin of its inside, close of its inside, end of the element. */
const MARKS = "sbce";
const HTML = { html: true };
const latin1 = new TextDecoder("latin1"); // one character per byte

/** One reading of a page: the platform calls its handlers in the order of their registration. */
class Reading {
  places = [];
  matches = [];
  isSelector = [];
  nonce = crypto.randomUUID(); // nothing that was written before it was drawn holds it
  rewriter = new HTMLRewriter();
  #hits = [];

  constructor(slots, watch) {
    this.slots = slots;
    this.watch = watch;
    slots.forEach(({ selector }, slot) => this.#note(selector, slot));
    const used = slots.filter((_, slot) => this.isSelector[slot]).map(({ selector }) => selector);
    for (const selector of watch ? ["*"] : new Set(used)) {
      this.rewriter.on(selector, { element: (element) => this.#see(element) });
    }
  }

  /** Let matches of the slot be noted; `#see` comes after all notes about an element. */
  #note(selector, slot) {
    const element = () => {
      this.matches[slot] += 1;
      if (this.matches[slot] <= MAX_MATCHES) this.#hits.push(slot);
    };
    this.matches.push(0);
    try {
      this.rewriter.on(selector, { element });
      this.isSelector.push(true);
    } catch {
      this.isSelector.push(false);
    }
  }

  #see(element) {
    const hits = this.#hits;
    if (hits.length === 0 && !this.watch?.isBusy) return;
    this.#hits = [];
    const tag = element.tagName;
    const place = hits.length > 0 ? this.#begin(element, tag, hits) : null;
    this.watch?.see(tag);
    const followed = this.watch?.enter(tag, place !== null);
    try {
      element.onEndTag((end) => {
        const isLost = this.watch?.leave(followed, end.name);
        if (place && end.name === tag && !isLost) this.#close(end, place);
      });
    } catch {
      this.watch?.leave(followed); // only an element without an inside has no end tag to wait for
      if (place) this.#closeVoid(element, place);
      return;
    }
    if (place) element.prepend(this.#mark(place, "b"), HTML);
  }

  #mark(place, kind) {
    return `${this.nonce}${place.number}${kind};`;
  }

  #begin(element, tag, slots) {
    const asks = slots.some((slot) => this.slots[slot].attribute);
    const attributes = asks ? [...element.attributes] : null;
    const place = { number: this.places.length, slots, tag, attributes, isVoid: false, isClosed: false, positions: {} };
    this.places.push(place);
    element.before(this.#mark(place, "s"), HTML);
    return place;
  }

  #close(end, place) {
    place.isClosed = true;
    end.before(this.#mark(place, "c"), HTML);
    end.after(this.#mark(place, "e"), HTML);
  }

  #closeVoid(element, place) {
    place.isVoid = true;
    element.after(this.#mark(place, "e"), HTML);
  }
}

function sameAt(bytes, offset, part) {
  if (offset + part.length > bytes.length) return false;
  for (let i = 0; i < part.length; i += 1) if (bytes[offset + i] !== part[i]) return false;
  return true;
}

/** Take the marks out again, noting where they stood; the rest must be the original, byte for byte. */
function readMarks(marked, bytes, { nonce, places }) {
  const text = latin1.decode(marked);
  let original = 0;
  let from = 0;
  const check = (until) => {
    if (!sameAt(bytes, original, marked.subarray(from, until))) throw new Error("the parser changed the page");
    original += until - from;
  };
  for (const match of text.matchAll(new RegExp(`${nonce}(\\d+)([${MARKS}]);`, "g"))) {
    check(match.index);
    places[Number(match[1])].positions[match[2]] = original;
    from = match.index + match[0].length;
  }
  check(marked.length);
  if (original !== bytes.length) throw new Error("the parser shortened the page");
}

async function read(bytes, body, slots, watch) {
  const reading = new Reading(slots, watch);
  const page = new Response(body, { headers: { "content-type": "text/html; charset=utf-8" } });
  const marked = new Uint8Array(await reading.rewriter.transform(page).arrayBuffer());
  readMarks(marked, bytes, reading);
  return reading;
}

/**
 * The elements that slots match, in the order of the page.
 *
 * @param bytes the page, UTF-8
 * @param slots [{selector, attribute}]; `attribute` where the attributes of its elements must be told
 * @param bodyOf gives the same bytes as they come: whole, or as a stream
 * @returns {places, matches, isSelector}: of each place the slots that match it, its tag, the parser's attributes as
 *   [name, value] where asked for, whether it is void or has an end tag of its own, and the positions of its marks; of
 *   each slot how often it matches, and whether the parser knows its selector. Rejects when the parser gives up.
 */
export async function placesOf(bytes, slots, bodyOf) {
  const found = await read(bytes, bodyOf(), slots, null);
  const closed = found.places.filter((place) => place.isClosed && place.slots.some((slot) => !slots[slot].attribute));
  if (closed.length === 0) return found;
  const hazards = hazardsOf(latin1.decode(bytes));
  // most slots sit on elements that surely end with their end tags; the others cost a second, slower look
  const needsWatch = closed.some(({ tag, positions }) => isDoubtful(tag, positions.b, positions.c, hazards));
  return needsWatch ? read(bytes, bodyOf(), slots, new Watch()) : found;
}
