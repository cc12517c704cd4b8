// A page plan: where in a page's bytes each slot begins and ends. The platform's parser is asked once per page version;
// afterwards a page is its own bytes with contents put between.

import { Watch, mayCloseUnseen } from "./closing.mjs";

/** Marks: start of the element, begin of its inside, close of its inside, end of the element. */
const MARKS = "sbce";
const NEEDS_INSIDE = new Set(["inner", "prepend", "append"]);
const REGIONS = new Set(["replace", "inner"]);

/** Where an operation acts, as the two marks between which the content comes to stand. */
const EXTENT = {
  replace: ["s", "e"], inner: ["b", "c"], before: ["s", "s"], after: ["e", "e"], prepend: ["b", "b"], append: ["c", "c"],
};

class Found {
  matches = 0;
  tag = "";
  isVoid = false;
  isClosed = false;
  isSelector = true;
  positions = {};
}

/** Note the element and mark its four places; an end tag that is not the element's own gets no marks. */
function markElement(element, found, mark, watch) {
  found.matches += 1;
  if (found.matches > 1) return;
  found.tag = element.tagName;
  const html = { html: true };
  const leave = watch?.leave;
  element.before(mark("s"), html);
  try {
    // an element has one such listener: this one takes the place of the watch's, and of another slot's (see `shared`)
    element.onEndTag((end) => {
      leave?.();
      if (end.name !== found.tag || watch?.wasClosed(found)) return;
      found.isClosed = true;
      end.before(mark("c"), html);
      end.after(mark("e"), html);
    });
  } catch {
    found.isVoid = true; // only an element without an inside has no end tag to wait for
    element.after(mark("e"), html);
    return;
  }
  element.prepend(mark("b"), html);
  watch?.open(found);
}

function rewriterFor(slots, nonce, watch) {
  const rewriter = new HTMLRewriter();
  if (watch) rewriter.on("*", { element: (element) => watch.see(element) });
  const founds = slots.map(({ selector }, i) => {
    const found = new Found();
    const mark = (kind) => `${nonce}${i}${kind};`;
    try {
      rewriter.on(selector, { element: (element) => markElement(element, found, mark, watch) });
    } catch {
      found.isSelector = false;
    }
    return found;
  });
  return { rewriter, founds };
}

function sameAt(bytes, offset, part) {
  if (offset + part.length > bytes.length) return false;
  for (let i = 0; i < part.length; i += 1) if (bytes[offset + i] !== part[i]) return false;
  return true;
}

/** Take the marks out again, noting where they stood; the rest must be the original, byte for byte. */
function readMarks(marked, nonce, bytes, founds) {
  const text = new TextDecoder("latin1").decode(marked); // one character per byte
  let original = 0;
  let from = 0;
  const check = (until) => {
    if (!sameAt(bytes, original, marked.subarray(from, until))) throw new Error("the parser changed the page");
    original += until - from;
  };
  for (const match of text.matchAll(new RegExp(`${nonce}(\\d+)([${MARKS}]);`, "g"))) {
    check(match.index);
    founds[Number(match[1])].positions[match[2]] = original;
    from = match.index + match[0].length;
  }
  check(marked.length);
  if (original !== bytes.length) throw new Error("the parser shortened the page");
}

/** Only the last of several slots on one element is told of its end; what it learned holds for all of them. */
function shared(founds) {
  const byStart = new Map();
  for (const { positions, isClosed } of founds) {
    if (isClosed) byStart.set(positions.s, positions);
  }
  for (const found of founds) {
    const positions = byStart.get(found.positions.s);
    if (positions) Object.assign(found, { positions, isClosed: true });
  }
  return founds;
}

async function find(bytes, slots, watch) {
  const nonce = crypto.randomUUID();
  const { rewriter, founds } = rewriterFor(slots, nonce, watch);
  const page = new Response(bytes, { headers: { "content-type": "text/html; charset=utf-8" } });
  const marked = new Uint8Array(await rewriter.transform(page).arrayBuffer());
  readMarks(marked, nonce, bytes, founds);
  return shared(founds);
}

/** Most slots sit on elements that only their own end tag closes; the others cost a second, slower look. */
async function findAll(bytes, slots) {
  const founds = await find(bytes, slots, null);
  const isDoubtful = founds.some(({ tag, isClosed }) => isClosed && mayCloseUnseen(tag));
  return isDoubtful ? find(bytes, slots, new Watch()) : founds;
}

/** Why a slot cannot be filled; "" if it can. */
function obstacle({ matches, tag, isVoid, isClosed, isSelector }, { operation }) {
  if (!isSelector || !Object.hasOwn(EXTENT, operation)) return "slot-invalid";
  if (matches === 0) return "missing";
  if (isVoid) return NEEDS_INSIDE.has(operation) ? "slot-void" : "";
  // nothing but the end of the page closes a body, so its beginning is safe without the end tag
  const needsNoEnd = tag === "body" && (operation === "before" || operation === "prepend");
  return isClosed || needsNoEnd ? "" : "slot-unclosed";
}

/** Whether the content of `outer` takes the place of what `inner` would change. */
function covers(outer, inner) {
  if (!REGIONS.has(outer.operation) || outer === inner) return false;
  const sameElement = outer.from === inner.from;
  if (!sameElement) return outer.start <= inner.from && inner.from < outer.end;
  if (outer.operation === inner.operation) return outer.slot < inner.slot;
  return outer.operation === "replace" && (inner.operation === "inner" || NEEDS_INSIDE.has(inner.operation));
}

function cutOf(found, { operation }, slot) {
  const [first, last] = EXTENT[operation];
  const { positions } = found;
  return { slot, operation, from: positions.s, start: positions[first], end: positions[last] };
}

/**
 * Plan a page.
 *
 * @param bytes the page, UTF-8
 * @param slots [{selector, operation}]
 * @returns {cuts, obstacles, repeated}: the places to fill in page order, why each slot cannot be filled ("" if it
 *   can), and the slots whose selector matches more than once. Rejects when the parser gives up on the page.
 */
export async function planOf(bytes, slots) {
  const founds = await findAll(bytes, slots);
  const obstacles = founds.map((found, i) => obstacle(found, slots[i]));
  const candidates = founds.map((found, i) => (obstacles[i] ? null : cutOf(found, slots[i], i))).filter(Boolean);
  const cuts = candidates.filter((cut) => !candidates.some((other) => covers(other, cut)));
  for (const cut of candidates) if (!cuts.includes(cut)) obstacles[cut.slot] = "slot-nested";
  cuts.sort((a, b) => a.start - b.start || a.end - b.end || a.slot - b.slot);
  const repeated = founds.flatMap(({ matches }, i) => (matches > 1 ? [i] : []));
  return { cuts, obstacles, repeated };
}

/** What is said of a slot afterwards. */
export function slotStatus({ obstacles }, slot, put) {
  return obstacles[slot] || (put ? "spliced" : "kept");
}

/** The page with contents in their places; null leaves a place as it is. */
export function join({ bytes, cuts }, contents) {
  const used = cuts.filter(({ slot }) => contents[slot] !== null);
  const size = used.reduce((sum, { slot, start, end }) => sum + contents[slot].length - (end - start), bytes.length);
  const page = new Uint8Array(size);
  let from = 0;
  let at = 0;
  const put = (part) => {
    page.set(part, at);
    at += part.length;
  };
  for (const { slot, start, end } of used) {
    put(bytes.subarray(from, start));
    put(contents[slot]);
    from = end;
  }
  put(bytes.subarray(from));
  return page;
}
