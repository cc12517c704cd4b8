// Comparing a secret without telling by the time taken how much of it was right. Runs in workerd and in node.

const encoder = new TextEncoder();

/** True when both texts are equal and not empty; the length may be learned, the content may not. */
export function sameToken(given, expected) {
  const a = encoder.encode(given ?? "");
  const b = encoder.encode(expected ?? "");
  if (b.length === 0 || a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < b.length; i += 1) difference |= a[i] ^ b[i];
  return difference === 0;
}
