// Refusals of the HTTP API as problem documents (RFC 9457).

const HEADERS = {
  "content-type": "application/problem+json; charset=utf-8",
  "cache-control": "private, no-store",
  "x-content-type-options": "nosniff",
};

/**
 * An answer that says what is wrong, for machines first.
 *
 * @param type the problem's name, such as "invalid-token"; its address is a path of the site, stable across releases. "" for
 *   a problem of which the status says all
 * @param title the same words for every problem of the type; `detail` is about this one
 * @param extra more members; none of them takes the place of a standard one
 */
export function problem(status, type, title, detail = "", extra = {}, headers = {}) {
  const address = type ? `/_tessera/problems/${type}` : "about:blank";
  const told = { ...extra, type: address, title, status, ...(detail ? { detail } : {}) };
  return new Response(JSON.stringify(told), { status, headers: { ...HEADERS, ...headers } });
}
