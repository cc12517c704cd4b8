// Which pages may be personalised at all: whole, small, HTML, and UTF-8 by every sign they give.

const MAX_PAGE_BYTES = 2 * 1024 * 1024;
const SNIFFED_BYTES = 1024;
const UTF8 = new Set(["utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8"]);
/** The runtime has decoded these by the time a body is read. */
const DECODED = new Set(["", "identity", "gzip", "br"]);
const META_CHARSET = /<meta\s[^>]*?charset\s*=\s*["']?\s*([^\s"'/>;]+)/gi;

/** Why a response passes untouched, judged by its status and headers; "" if nothing speaks against it. */
export function unsuitable({ status, headers }) {
  if (status !== 200) return "status";
  const [type, ...parameters] = (headers.get("content-type") ?? "").toLowerCase().split(";");
  if (type.trim() !== "text/html") return "type";
  if (/^\s*attachment/i.test(headers.get("content-disposition") ?? "")) return "type"; // a file to keep, not a page to look at
  const charset = parameters.map((each) => each.trim()).find((each) => each.startsWith("charset="));
  if (charset && !UTF8.has(charset.slice(8).replaceAll('"', "").trim())) return "charset";
  if (!DECODED.has((headers.get("content-encoding") ?? "").trim().toLowerCase())) return "encoding";
  if (Number(headers.get("content-length") ?? 0) > MAX_PAGE_BYTES) return "size";
  return "";
}

/** The body as bytes, or null when it is over the budget. */
export async function readPage(response) {
  const parts = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > MAX_PAGE_BYTES) return null;
    parts.push(part);
  }
  if (parts.length === 1) return parts[0];
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function isUtf8(bytes) {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Valid UTF-8 that does not itself claim to be something else. */
export function isPersonalisable(bytes) {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, SNIFFED_BYTES));
  for (const [, charset] of head.matchAll(META_CHARSET)) if (!UTF8.has(charset.toLowerCase())) return false;
  return isUtf8(bytes);
}
