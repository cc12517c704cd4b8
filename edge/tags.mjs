// The attributes of a start tag, found in the tag's own bytes (HTML standard, 13.2.5.32 to 13.2.5.40).

const SPACE = new Set(["\t", "\n", "\f", "\r", " "]);
const latin1 = new TextDecoder("latin1"); // one character per byte
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

function skip(text, at, isOver) {
  let end = at;
  while (end < text.length && !isOver(text[end])) end += 1;
  return end;
}

const pastSpace = (text, at) => skip(text, at, (char) => !SPACE.has(char));
const endOfName = (text, at) => skip(text, at + 1, (char) => SPACE.has(char) || char === "/" || char === ">" || char === "=");
const endOfUnquoted = (text, at) => skip(text, at, (char) => SPACE.has(char) || char === ">");

/** Where the value after a name begins and ends, and where the attribute ends; a name without "=" has an empty value. */
function valueAt(text, endOfItsName) {
  const sign = pastSpace(text, endOfItsName);
  if (text[sign] !== "=") return { from: endOfItsName, to: endOfItsName, end: endOfItsName };
  const from = pastSpace(text, sign + 1);
  const quote = text[from];
  if (quote === ">") return { from, to: from, end: sign + 1 };
  if (quote !== '"' && quote !== "'") return { from, to: endOfUnquoted(text, from), end: endOfUnquoted(text, from) };
  const to = skip(text, from + 1, (char) => char === quote);
  return { from: from + 1, to, end: to + 1 };
}

/**
 * The attributes of a start tag.
 *
 * @param tag bytes from "<" to ">"
 * @returns {names, attributes}: where attributes can be put, right behind the element's name, and of each attribute in
 *   the order of the tag its name in small letters, its value as it is written, and the offsets of its first byte and
 *   of the byte behind it. null for bytes that are no start tag.
 */
export function attributesOf(tag) {
  const text = latin1.decode(tag);
  if (!/^<[a-z]/i.test(text) || !text.endsWith(">")) return null;
  const names = skip(text, 1, (char) => SPACE.has(char) || char === "/" || char === ">");
  const last = text.length - 1;
  const attributes = [];
  const told = (from, to) => utf8.decode(tag.subarray(from, to));
  for (let at = names; at < last; ) {
    if (SPACE.has(text[at]) || text[at] === "/") {
      at += 1;
      continue;
    }
    if (text[at] === ">") return null;
    const end = endOfName(text, at);
    const value = valueAt(text, end);
    if (value.end > last) return null;
    const name = told(at, end).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    attributes.push({ name, value: told(value.from, value.to), start: at, end: value.end });
    at = value.end;
  }
  return { names, attributes };
}
