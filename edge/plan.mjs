// A page plan: what of a page's bytes each slot's content takes the place of. The parser is asked once per page version;
// afterwards a page is its own bytes with contents put between.

import { MAX_MATCHES, placesOf } from "./places.mjs";
import { attributesOf } from "./tags.mjs";

/**
 * Operations. `from` and `to` are the marks (see places.mjs) between which the content comes to stand; `turn` is the
 * order of contents that stand at one byte. A region takes the place of what is in it.
 */
const OPERATIONS = {
  replace: { from: "s", to: "e", turn: 3, isRegion: true },
  remove: { from: "s", to: "e", turn: 3, isRegion: true },
  inner: { from: "b", to: "c", turn: 1, isRegion: true, isInside: true },
  text: { from: "b", to: "c", turn: 1, isRegion: true, isInside: true, isText: true },
  before: { from: "s", to: "s", turn: 2, isOpening: true },
  after: { from: "e", to: "e", turn: 0 },
  prepend: { from: "b", to: "b", turn: 0, isInside: true, isOpening: true },
  append: { from: "c", to: "c", turn: 2, isInside: true },
  src: { attribute: "src" },
  srcset: { attribute: "srcset" },
  href: { attribute: "href" },
  class: { attribute: "class" },
};

const set = (names) => new Set(names.split(" "));
/** Elements whose inside is neither read as markup nor, but for two of them, as text with character references. */
const RAW = set("script style xmp iframe noembed noframes plaintext noscript");
const RAW_BUT_REFERENCES = set("title textarea");

const encoder = new TextEncoder();
const operationOf = ({ operation }) => (Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : null);

// ---- where the contents go -----------------------------------------------------------------------------------------

/** The attributes of the place's start tag; null where the parser reads others than are found in the bytes. */
function tagOf(place, bytes) {
  const { s, b, e } = place.positions;
  const found = attributesOf(bytes.subarray(s, b ?? e));
  const told = place.attributes;
  if (found?.attributes.length !== told.length) return null;
  const isSame = found.attributes.every(({ name, value }, i) => name === told[i][0] && value === told[i][1]);
  return isSame ? found : null;
}

/** Why an operation cannot be done at a place; "" if it can. */
function obstacle({ attribute, isInside, isText, isOpening }, { tag, isVoid, isClosed, start }) {
  if (attribute) return start ? "" : "slot-invalid";
  if (isVoid) return isInside ? "slot-void" : "";
  if (isInside && (RAW.has(tag) || (RAW_BUT_REFERENCES.has(tag) && !isText))) return "slot-rawtext";
  // nothing but the end of the page closes a body, so its beginning is safe without the end tag
  return isClosed || (tag === "body" && isOpening) ? "" : "slot-unclosed";
}

/** `element` is where the element begins; `wrap` names what stands around an attribute's value (see WRAPS). */
function cutOf(slot, operation, { positions, start }) {
  const { from, to, attribute } = operation;
  const cut = { slot, operation, element: positions.s };
  if (!attribute) return { ...cut, start: positions[from], end: positions[to], wrap: "" };
  const own = start.attributes.find(({ name }) => name === attribute); // of several the first counts
  if (own) return { ...cut, start: positions.s + own.start, end: positions.s + own.end, wrap: attribute };
  return { ...cut, start: positions.s + start.names, end: positions.s + start.names, wrap: ` ${attribute}` };
}

/** Regions before what lies in them: by element, whole elements first, then insides. */
function byRegion(a, b) {
  const rank = ({ operation }) => (operation.isRegion ? (operation.isInside ? 1 : 0) : 2);
  return a.element - b.element || rank(a) - rank(b) || a.slot - b.slot;
}

/** Whether the region takes the place of what the cut would change. */
function covers(region, cut) {
  if (cut.element !== region.element) return cut.element < region.end;
  if (region.operation.isInside) return cut.operation.isInside && cut.operation.isRegion;
  return cut.operation.isRegion || cut.operation.isInside || Boolean(cut.operation.attribute);
}

/** The cuts that stay, and those that another one's content takes the place of. Elements nest: one region is enough. */
function resolve(cuts) {
  const kept = [];
  const covered = [];
  const attributes = new Set();
  let region = null;
  for (const cut of cuts.toSorted(byRegion)) {
    const own = cut.operation.attribute && `${cut.element} ${cut.operation.attribute}`;
    if ((region && covers(region, cut)) || attributes.has(own)) {
      covered.push({ cut, by: region?.slot });
      continue;
    }
    if (own) attributes.add(own);
    if (cut.operation.isRegion) region = cut;
    kept.push(cut);
  }
  return { kept, covered };
}

const inPageOrder = (a, b) => a.start - b.start || (a.operation.turn ?? 0) - (b.operation.turn ?? 0) || a.slot - b.slot;

/** What was found of a slot: how many places are filled, and how often each obstacle stood against it. */
const newTally = () => ({ filled: 0, refused: new Map() });

function refuse({ refused }, why) {
  refused.set(why, (refused.get(why) ?? 0) + 1);
}

/** Every place that can be filled, as a cut; what stands against the others goes to the tallies of their slots. */
function cutsOf(bytes, places, operations, tallies) {
  const cuts = [];
  for (const place of places) {
    place.start = place.attributes && tagOf(place, bytes);
    for (const slot of place.slots.filter((each) => tallies[each])) {
      const why = obstacle(operations[slot], place);
      if (why) refuse(tallies[slot], why);
      else cuts.push(cutOf(slot, operations[slot], place));
    }
  }
  return cuts;
}

/** Why a slot cannot be filled at all, whatever the page's places are; "" for no such reason. */
function impossible(isSelector, operation, matches) {
  if (!isSelector || operation === null) return "slot-invalid";
  return matches > MAX_MATCHES ? "slot-many" : "";
}

/** What is to be said of a slot that is filled. */
function statusOf({ filled, refused }, matches) {
  if (matches === 1) return "spliced";
  return [`spliced:${filled}`, ...[...refused].map(([why, count]) => `${why}:${count}`)].join(" ");
}

/**
 * Plan a page.
 *
 * @param bytes the page, UTF-8
 * @param slots [{selector, operation}]
 * @param bodyOf gives the parser the same bytes: whole, or as a stream
 * @returns {cuts, obstacles, matches, statuses}, plain values: the places to fill in page order as {slot, start, end,
 *   wrap}; of each slot why it can be filled nowhere ("" if it can), how many elements its selector matches, and what
 *   is to be said of it once it is filled. Rejects when the parser gives up on the page.
 */
export async function planOf(bytes, slots, bodyOf = () => bytes) {
  const operations = slots.map(operationOf);
  const asked = slots.map(({ selector }, slot) => ({ selector, attribute: operations[slot]?.attribute }));
  const { places, matches, isSelector } = await placesOf(bytes, asked, bodyOf);
  const hindered = slots.map((_, slot) => impossible(isSelector[slot], operations[slot], matches[slot]));
  const tallies = hindered.map((why) => (why ? null : newTally()));
  const { kept, covered } = resolve(cutsOf(bytes, places, operations, tallies));
  for (const { cut, by } of covered) if (by !== cut.slot) refuse(tallies[cut.slot], "slot-nested");
  for (const { slot } of kept) tallies[slot].filled += 1;
  return {
    cuts: kept.sort(inPageOrder).map(({ slot, start, end, wrap }) => ({ slot, start, end, wrap })),
    obstacles: tallies.map((tally, slot) => (tally ? firstObstacle(tally) : hindered[slot])),
    matches,
    statuses: tallies.map((tally, slot) => (tally ? statusOf(tally, matches[slot]) : "")),
  };
}

function firstObstacle({ filled, refused }) {
  return filled > 0 ? "" : (refused.keys().next().value ?? "missing");
}

/** What is said of a slot afterwards. */
export function slotStatus({ obstacles, statuses }, slot, put) {
  return obstacles[slot] || (put ? statuses[slot] : "kept");
}

// ---- the page ------------------------------------------------------------------------------------------------------

/** What stands before and behind the value of an attribute: one that is there is written anew, another one added. */
const WRAPS = Object.fromEntries(
  ["", "src", " src", "srcset", " srcset", "href", " href", "class", " class"].map((name) => [
    name,
    name ? [encoder.encode(`${name}="`), encoder.encode('"')] : [new Uint8Array(0), new Uint8Array(0)],
  ]),
);

/** The page with contents, of each slot bytes, in their places; null leaves a slot's places as they are. */
export function join({ bytes, cuts }, contents) {
  const used = cuts.filter(({ slot }) => contents[slot] !== null);
  let size = bytes.length;
  for (const { slot, start, end, wrap } of used) {
    size += WRAPS[wrap][0].length + contents[slot].length + WRAPS[wrap][1].length - (end - start);
  }
  const page = new Uint8Array(size);
  let from = 0;
  let at = 0;
  const put = (part) => {
    page.set(part, at);
    at += part.length;
  };
  for (const { slot, start, end, wrap } of used) {
    put(bytes.subarray(from, start));
    put(WRAPS[wrap][0]);
    put(contents[slot]);
    put(WRAPS[wrap][1]);
    from = end;
  }
  put(bytes.subarray(from));
  return page;
}
