// Signed tokens of others (JWT, RFC 7519, in JWS compact form), verified by the platform's own cryptography as RFC 8725 asks:
// the algorithm, the issuer and the audience are the site's to say, never the token's.

import { bytesOf } from "./base64url.mjs";
import { findKey, isTrustworthy } from "./jwks.mjs";
import { Shelf } from "./shelf.mjs";
import { objectOf } from "./strict_json.mjs";

const MAX_TOKEN = 8_192; // characters
const MAX_NAME = 256; // characters of a key's id
const MAX_AUDIENCES = 64;
const MAX_TIME = 253_402_300_800; // seconds: the year 10000; what lies beyond was written in milliseconds, or is meant for ever
const LEEWAY = 60; // seconds that two clocks may differ
const MAX_LEEWAY = 300;
const MIN_SECRET = 32; // bytes
const RSA_BITS = [2_048, 8_192];
const BUDGET = 1_000_000; // characters of tokens that are remembered, for each issuer that is trusted
const RECHECK = 600_000; // milliseconds until a remembered token is verified again: its key may have been withdrawn

/** By the name of the algorithm: type of key, how it is imported and used, bytes of a signature (0: as the key has). */
const ALGORITHMS = new Map([
  ["HS256", { kty: "oct", length: 32, use: { name: "HMAC", hash: "SHA-256" } }],
  ["RS256", { kty: "RSA", length: 0, use: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } }],
  ["ES256", { kty: "EC", length: 64, use: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } }],
]);

const encoder = new TextEncoder();
const imported = new WeakMap(); // a JWK, or a trust with a secret → its CryptoKey
const known = new WeakMap(); // trust → the tokens that were verified for it

const own = (object, name) => (Object.hasOwn(object, name) ? object[name] : undefined);
const isText = (value) => typeof value === "string" && value !== "";
const listOf = (value) => (Array.isArray(value) ? value : [value]);

class Refused extends Error {}

function demand(holds, why) {
  if (!holds) throw new Refused(why);
}

// ---- keys ----------------------------------------------------------------------------------------------------------

/** The bits of a number in base64url, 0 for none. */
function bitsOf(text) {
  const bytes = bytesOf(text);
  const first = bytes === null ? -1 : bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (bytes.length - first) * 8 - (Math.clz32(bytes[first]) - 24);
}

/** The public half of a key alone, so that nothing else in it has a say; null for a weak one. */
function publicOf({ kty, crv, x, y, n, e }) {
  if (kty === "EC") return crv === "P-256" ? { kty, crv, x, y } : null;
  const bits = bitsOf(n);
  const exponent = bitsOf(e);
  const isSound = bits >= RSA_BITS[0] && bits <= RSA_BITS[1] && exponent >= 2 && exponent <= 32 && bytesOf(e).at(-1) % 2 === 1;
  return isSound ? { kty, n, e } : null;
}

async function importPublic(jwk, use) {
  const material = publicOf(jwk);
  demand(material, "weak-key");
  try {
    return await crypto.subtle.importKey("jwk", material, use, false, ["verify"]);
  } catch {
    throw new Refused("broken-key");
  }
}

async function importSecret(secret, use) {
  const bytes = typeof secret === "string" ? encoder.encode(secret) : secret;
  demand(bytes instanceof Uint8Array && bytes.length >= MIN_SECRET, "weak-key");
  return crypto.subtle.importKey("raw", bytes, use, false, ["verify"]);
}

async function once(object, make) {
  const found = imported.get(object) ?? (await make());
  imported.set(object, found);
  return found;
}

/** Whether a key of a set is for signatures by this algorithm. */
function suits(jwk, algorithm) {
  const { kty, alg, use, key_ops: operations } = jwk;
  const isForVerifying = operations === undefined || (Array.isArray(operations) && operations.includes("verify"));
  return kty === ALGORITHMS.get(algorithm).kty && (alg === undefined || alg === algorithm) && (use === undefined || use === "sig") && isForVerifying;
}

/** The key that a token names; without a name only where there is no choice. */
function chosen(keys, algorithm, kid) {
  const suitable = keys.filter((key) => suits(key, algorithm));
  if (kid === undefined) return suitable.length === 1 ? suitable[0] : null;
  return suitable.find((key) => key.kid === kid) ?? null;
}

async function keyFor(trust, kid, now, platform) {
  const { algorithm, secret, keys, jwks } = trust;
  const { use } = ALGORITHMS.get(algorithm);
  if (algorithm === "HS256") return once(trust, () => importSecret(secret, use));
  const choose = (all) => chosen(all, algorithm, kid);
  demand(keys || isTrustworthy(jwks, trust.development === true), "trust");
  const { key, why = "unknown-key" } = keys ? { key: choose(keys) } : await findKey(jwks, choose, now, platform);
  demand(key, why);
  return once(key, () => importPublic(key, use));
}

// ---- what a token says ---------------------------------------------------------------------------------------------

/** Whether a trust says all that must be said. Without an audience a token for somebody else would do. */
function isTrust(trust) {
  const { issuer, audience, algorithm, keys } = trust ?? {};
  const audiences = listOf(audience);
  const isNamed = isText(issuer) && audiences.length > 0 && audiences.every(isText);
  const isKeys = keys === undefined || (Array.isArray(keys) && keys.every((key) => key !== null && typeof key === "object"));
  return isNamed && ALGORITHMS.has(algorithm) && isKeys;
}

/** A token's three parts, decoded: {header, claims, signature, signed}. */
function parsed(text) {
  demand(typeof text === "string", "malformed");
  demand(text.length <= MAX_TOKEN, "too-long");
  const parts = text.split(".", 4);
  demand(parts.length === 3 && parts.every((part) => part !== ""), "malformed");
  const [header, claims, signature] = parts.map(bytesOf);
  demand(header && claims && signature, "malformed");
  const told = { header: objectOf(header), claims: objectOf(claims), signature };
  demand(told.header && told.claims, "malformed");
  return { ...told, signed: encoder.encode(text.slice(0, text.lastIndexOf("."))) };
}

function checkHeader(header, algorithm) {
  demand(own(header, "alg") === algorithm, "algorithm");
  demand(!Object.hasOwn(header, "crit"), "critical");
  const kid = own(header, "kid");
  demand(kid === undefined || (isText(kid) && kid.length <= MAX_NAME), "malformed");
  return kid;
}

const isTime = (value) => typeof value === "number" && Math.abs(value) < MAX_TIME;
const isTimeOrNone = (value) => value === undefined || isTime(value);

/** Issuer, audience and times. Returns when the token is good, in epoch milliseconds: {from, until}. */
function checkClaims(claims, trust, now) {
  const [issuer, audience, expires, begins, issued] = ["iss", "aud", "exp", "nbf", "iat"].map((name) => own(claims, name));
  demand(issuer === trust.issuer, "issuer");
  const meant = listOf(audience);
  demand(meant.length <= MAX_AUDIENCES && meant.some((each) => listOf(trust.audience).includes(each)), "audience");
  demand(isTime(expires) && isTimeOrNone(begins) && isTimeOrNone(issued), "times");
  const leeway = trust.leeway >= 0 && trust.leeway <= MAX_LEEWAY ? trust.leeway : LEEWAY;
  const from = 1000 * (Math.max(begins ?? -Infinity, issued ?? -Infinity) - leeway);
  const until = 1000 * (expires + leeway);
  demand(now < until, "expired");
  demand(now >= from, "not-yet");
  return { from, until };
}

async function verified(text, trust, now, platform) {
  demand(isTrust(trust), "trust");
  const { header, claims, signature, signed } = parsed(text);
  const kid = checkHeader(header, trust.algorithm);
  const { from, until } = checkClaims(claims, trust, now); // before the keys are asked for: garbage fetches nothing
  const { use, length } = ALGORITHMS.get(trust.algorithm);
  demand(length === 0 || signature.length === length, "signature");
  const key = await keyFor(trust, kid, now, platform);
  demand(await crypto.subtle.verify(use, key, signature, signed), "signature");
  remember(text, trust, { claims, from, until, at: now, size: text.length });
  return claims;
}

// ---- what is remembered --------------------------------------------------------------------------------------------

function remember(text, trust, token) {
  if (!known.has(trust)) known.set(trust, new Shelf(BUDGET, ({ size }) => size));
  known.get(trust).keep(text, token);
}

/** The claims of a token that was verified for this very `trust` (the same object) a short time ago; null for any other. */
export function remembered(text, trust, now) {
  const token = known.get(trust)?.recall(text);
  if (token === undefined) return null;
  return now >= token.from && now < token.until && Math.abs(now - token.at) < RECHECK ? token.claims : null;
}

/**
 * Verify a token. Never rejects.
 *
 * @param trust {issuer, audience (a text or several), algorithm: HS256 | RS256 | ES256, and `secret` (HS256: a text or bytes,
 *   at least 32), `keys` (JWKs) or `jwks` (the address of a set); leeway (seconds, 60; at most 300), development (true:
 *   `jwks` may be of this machine)}. Keep one object for one issuer: what is remembered hangs on it
 * @param now epoch milliseconds
 * @param platform {fetcher, waitUntil}; both may be missing
 * @returns {ok: true, claims}, frozen; or {ok: false, why}: malformed, too-long, algorithm, critical, issuer, audience,
 *   times, expired, not-yet, signature, unknown-key, weak-key, broken-key, keys-unavailable, trust, failed
 */
export async function verifyToken(text, trust, now, platform = {}) {
  try {
    const claims = remembered(text, trust, now) ?? (await verified(text, trust, now, platform));
    return { ok: true, claims };
  } catch (error) {
    return { ok: false, why: error instanceof Refused ? error.message : "failed" };
  }
}
