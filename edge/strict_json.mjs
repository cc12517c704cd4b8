// A JSON object of somebody who may be hostile: UTF-8, no name twice, not nested deeply. For texts of bounded size.

const MAX_DEPTH = 16;
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}[\]]/g;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whether no object of a valid JSON text has a name twice, and none lies too deep. Two readers must not see two values. */
function isUnambiguous(text) {
  const open = []; // the names in each object that has begun, null for a list
  for (const [token, colon] of text.matchAll(TOKENS)) {
    if (token === "{" || token === "[") open.push(token === "{" ? new Set() : null);
    else if (token === "}" || token === "]") open.pop();
    else if (colon !== undefined) {
      const name = JSON.parse(token.slice(0, -colon.length));
      if (open.at(-1).has(name)) return false;
      open.at(-1).add(name);
    }
    if (open.length > MAX_DEPTH) return false;
  }
  return true;
}

/** The object, frozen all through; null for anything else. */
export function objectOf(bytes) {
  try {
    const text = strict.decode(bytes);
    const value = JSON.parse(text, (_, each) => Object.freeze(each));
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject && isUnambiguous(text) ? value : null;
  } catch {
    return null;
  }
}
