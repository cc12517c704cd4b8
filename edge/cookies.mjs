// The Cookie header: values by name, in their order.

const LONGEST = 16_384; // characters of a header that are read, as in tessera/cookies.py
const QUOTES = /^"+|"+$/g;

/** The first values of a cookie, at most so many, without blanks and quotes around them. */
export function cookieValues(header, name, most = 4) {
  const found = [];
  if (header === null || !header.includes(name)) return found;
  for (const pair of header.slice(0, LONGEST).split(";")) {
    const [key, ...rest] = pair.split("=");
    if (rest.length > 0 && key.trim() === name && found.push(rest.join("=").trim().replace(QUOTES, "")) === most) break;
  }
  return found;
}
