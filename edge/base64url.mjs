// base64url as RFC 7515 means it: no padding, no blanks, and one spelling for the same bytes.

const FORM = /^[A-Za-z0-9_-]*$/;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const UNUSED = [0, null, 0b1111, 0b11]; // bits of the last character that mean nothing, by the length modulo 4

/** The bytes; null for a text of any other form. */
export function bytesOf(text) {
  if (typeof text !== "string" || !FORM.test(text)) return null;
  const unused = UNUSED[text.length % 4];
  if (unused === null || ALPHABET.indexOf(text.at(-1) ?? "A") & unused) return null;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
