// HTML lets authors leave out many end tags, and browsers then close the element themselves: the second <li> of
// `<li>one<li>two</li></li>` ends the first, though the platform's parser takes the last </li> for its end. Here is told
// which start tags end which elements (HTML standard, 13.2.6.4), so that such a slot is left alone.

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
};

const IN_HEAD = set("base basefont bgsound link meta title noscript noframes style script template");
const IN_COLGROUP = set("col template");

/** Elements that anything ends except what may stand inside them. */
const RULES_BY_CONTENT = { head: IN_HEAD, colgroup: IN_COLGROUP };

function closes(tag, start, openInside) {
  const allowed = RULES_BY_CONTENT[tag];
  if (allowed) return !openInside.some((name) => name === "template" || name === "noscript") && !allowed.has(start);
  const { closers, barriers } = RULES[tag];
  return closers.has(start) && !openInside.some((name) => barriers.has(name));
}

/** Whether an element of this name can end without an end tag. */
export function mayCloseUnseen(tag) {
  return Object.hasOwn(RULES, tag) || Object.hasOwn(RULES_BY_CONTENT, tag);
}

/**
 * Follows every element inside the doubtful slots. `see` must be told of an element before `open` is; `leave` is then
 * what must be called at its end.
 */
export class Watch {
  leave = null;
  #slots = new Map();

  open(slot) {
    if (mayCloseUnseen(slot.tag)) this.#slots.set(slot, { names: [], isClosed: false });
  }

  see(element) {
    const name = element.tagName;
    for (const [slot, inside] of this.#slots) if (closes(slot.tag, name, inside.names)) inside.isClosed = true;
    const depths = [...this.#slots.values()].map((inside) => [inside, inside.names.length]);
    this.leave = () => {
      for (const [inside, depth] of depths) inside.names.length = Math.min(inside.names.length, depth);
    };
    if (depths.length > 0) this.#follow(element, name, depths);
  }

  #follow(element, name, depths) {
    try {
      element.onEndTag(this.leave);
    } catch {
      return; // an element without an inside
    }
    for (const [inside] of depths) inside.names.push(name);
  }

  /** Whether the slot's element had ended before its end tag came; the slot is then no longer followed. */
  wasClosed(slot) {
    const inside = this.#slots.get(slot);
    this.#slots.delete(slot);
    return inside?.isClosed ?? false;
  }
}
