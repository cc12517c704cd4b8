// The page that a call of /_tessera/ is about: `page` in its query.

const LONGEST = 2048; // characters

/** The page as the URL that a visitor would open; null for none of this site. */
export function pageOf(url) {
  const own = new URL(url);
  const asked = own.searchParams.get("page") ?? "";
  if (asked === "" || asked.length > LONGEST || !URL.canParse(asked, own.origin)) return null;
  const { origin, pathname, search } = new URL(asked, own.origin);
  return origin === own.origin ? origin + pathname + search : null;
}
