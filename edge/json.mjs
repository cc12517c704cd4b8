// Answers of Tessera's own addresses: JSON for one visitor, which nothing keeps and no other site reads.

const HEADERS = {
  "content-type": "application/json; charset=utf-8",
  "cache-control": "private, no-store",
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
};

export const json = (status, value, headers = {}) =>
  new Response(JSON.stringify(value), { status, headers: { ...HEADERS, ...headers } });

/** A refusal with its reason in one line. */
export const refusal = (status, error, headers = {}) => json(status, { error }, headers);

/**
 * Whether a page of this very origin asks: browsers tell it by two headers that no script can set. Where neither came
 * it is no browser, or an old one; `unless` says what then holds.
 */
export function isOwn({ request: { headers }, url }, unless) {
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  if (origin === null && site === null) return unless;
  return (origin === null || origin === new URL(url).origin) && (site === null || site === "same-origin" || site === "none");
}
