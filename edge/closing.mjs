// HTML lets authors leave out many end tags, and browsers then close the element themselves: the second <li> of
// `<li>one<li>two</li></li>` ends the first, though the platform's parser takes the last </li> for its end. They also pass
// over end tags: in `<span><p>one</span>two` the paragraph and with it the <span> go on. Here is told which start tags end
// which elements and which end tags do not (HTML standard, 13.2.6.4), so that such a slot is left alone.

const set = (names) => new Set(names.split(" "));
const TABLE_PARTS = "caption col colgroup tbody tfoot thead";
const LISTS = "ul ol menu dir dl table template section article aside nav main header footer fieldset form figure " +
  "blockquote details dialog center object applet marquee button select svg math";
const SCOPES = "table template object applet marquee button svg math";

const rule = (closers, barriers) => ({ closers: set(closers), barriers: set(barriers) });

const CELL = rule(`${TABLE_PARTS} tr td th`, "table template");
const ROW = rule(`${TABLE_PARTS} tr`, "table template");
const ROWS = rule(TABLE_PARTS, "table template");
const TERM = rule("dt dd", LISTS);
const RUBY = rule("rb rt rtc rp", "ruby template");

/** Element → the start tags that end it, unless one of the barriers is open between the two. */
const RULES = {
  li: rule("li", LISTS),
  dt: TERM,
  dd: TERM,
  p: rule(
    "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form h1 h2 h3 " +
    "h4 h5 h6 header hgroup hr li dd dt listing main menu nav ol p plaintext pre search section summary table ul xmp",
    SCOPES,
  ),
  td: CELL,
  th: CELL,
  tr: ROW,
  tbody: ROWS,
  thead: ROWS,
  tfoot: ROWS,
  caption: CELL,
  option: rule("option optgroup hr", "template"),
  optgroup: rule("optgroup hr", "template"),
  rb: RUBY,
  rt: RUBY,
  rtc: RUBY,
  rp: RUBY,
  a: rule("a", "table template object applet marquee svg math"),
  button: rule("button", "template object applet marquee"),
  nobr: rule("nobr", "table template object applet marquee svg math"),
};

const IN_HEAD = set("base basefont bgsound link meta title noscript noframes style script template");
const IN_COLGROUP = set("col template");

/** Elements that anything ends except what may stand inside them. */
const RULES_BY_CONTENT = { head: IN_HEAD, colgroup: IN_COLGROUP };
const ROOMS = set("template noscript");

/** Whether a start tag ends an element `tag`, inside which the elements `open` from `since` on are open. */
function closes(tag, start, open, since) {
  if (!mayCloseUnseen(tag)) return HEADINGS.has(tag) && HEADINGS.has(start) && open.length === since;
  const allowed = RULES_BY_CONTENT[tag];
  const stops = allowed ? ROOMS : RULES[tag].barriers;
  if (allowed ? allowed.has(start) : !RULES[tag].closers.has(start)) return false;
  for (let i = open.length - 1; i >= since; i -= 1) if (stops.has(open[i])) return false;
  return true;
}

// ---- end tags that browsers pass over ---------------------------------------------------------------------------------

const HEADINGS = set("h1 h2 h3 h4 h5 h6");
const FORMATTING = set("a b big code em font i nobr s small strike strong tt u");
const TABLE = set(`table tr td th ${TABLE_PARTS}`);
const NEVER_IGNORED = set("html body head template");
/** Elements that end tags of elements around them do not reach past. */
const BARRIERS = set("applet caption marquee object select table td th template foreignobject desc annotation-xml mi mn mo ms mtext");
const SPECIAL = set(
  "address applet area article aside base basefont bgsound blockquote body br button caption center col colgroup dd " +
  "details dir div dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup " +
  "hr html iframe img input keygen li link listing main marquee menu meta nav noembed noframes noscript object ol " +
  "p param plaintext pre script search section select source style summary table tbody td template " +
  "textarea tfoot th thead title tr track ul wbr xmp foreignobject desc annotation-xml mi mn mo ms mtext",
);
const OWN_BARRIERS = { p: set("button"), li: set("ul ol") };

/** Whether an end tag of this name is passed over wherever a special element has not ended. */
const isOrdinary = (tag) => !SPECIAL.has(tag) && !FORMATTING.has(tag) && tag !== "dialog";

/** Whether browsers pass over an end tag because an element that has not ended yet stands in its way. */
function ignores(end, open) {
  if (NEVER_IGNORED.has(end)) return false;
  if (isOrdinary(end)) return SPECIAL.has(open);
  if (TABLE.has(end)) return open === "table" || open === "template";
  if (HEADINGS.has(end) && HEADINGS.has(open)) return true; // which then is what ends
  return BARRIERS.has(open) || Boolean(OWN_BARRIERS[end]?.has(open));
}

const START_TAG = /<([a-z][^\s/>]*)/gi;

/** Where in a page's text start tags stand that could hide an end tag; some are none, as in comments. */
export function hazardsOf(text) {
  const found = { special: [], barrier: [] };
  for (const { 1: name, index } of text.matchAll(START_TAG)) {
    const tag = name.toLowerCase();
    if (SPECIAL.has(tag)) found.special.push(index);
    if (BARRIERS.has(tag)) found.barrier.push(index);
  }
  return found;
}

/** Whether an element that seems to lie between two offsets may in truth have another end: then it must be watched. */
export function isDoubtful(tag, from, to, { special, barrier }) {
  if (NEVER_IGNORED.has(tag)) return mayCloseUnseen(tag);
  const hazards = isOrdinary(tag) || HEADINGS.has(tag) ? special : barrier;
  return mayCloseUnseen(tag) || firstBehind(hazards, from) < to;
}

/** The first of the sorted numbers that is not below a limit. */
function firstBehind(numbers, limit) {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low < numbers.length ? numbers[low] : Infinity;
}

function mayCloseUnseen(tag) {
  return Object.hasOwn(RULES, tag) || Object.hasOwn(RULES_BY_CONTENT, tag);
}

// ---- the watch ---------------------------------------------------------------------------------------------------------

/**
 * Follows the elements inside slots, to tell which slots have ended before their end tag, or not yet with it. It is told
 * of every element while it is busy.
 */
export class Watch {
  #open = [];
  #slots = [];

  get isBusy() {
    return this.#slots.length > 0;
  }

  #drop(isLost) {
    const lost = this.#slots.filter(isLost);
    if (lost.length === 0) return;
    for (const slot of lost) slot.isLost = true;
    this.#slots = this.#slots.filter((slot) => !slot.isLost);
  }

  /** An end tag came, with which the element ends here but not in a browser: then those around it may not end either. */
  #leaveOpen({ tag, depth }, end) {
    const isIgnored = ignores(end, tag);
    const staysOpen = isIgnored || (FORMATTING.has(end) && SPECIAL.has(tag));
    if (staysOpen) this.#drop((slot) => slot.depth < depth && (isIgnored || isOrdinary(slot.tag)));
  }

  /** A start tag came. */
  see(tag) {
    this.#drop((slot) => closes(slot.tag, tag, this.#open, slot.depth + 1));
  }

  /** The element has begun; what is returned is to be handed to `leave`. */
  enter(tag, isSlot) {
    const one = { tag, depth: this.#open.length, isLost: false };
    this.#open.push(tag);
    if (isSlot) this.#slots.push(one);
    return one;
  }

  /** Its end tag has come, or that of an element around it. Returns whether it is not known to end there. */
  leave(one, end = one.tag) {
    if (end !== one.tag) this.#leaveOpen(one, end);
    this.#open.length = Math.min(this.#open.length, one.depth);
    if (this.isBusy) this.#slots = this.#slots.filter(({ depth }) => depth < one.depth);
    return one.isLost;
  }
}
