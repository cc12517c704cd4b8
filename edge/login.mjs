// Who has logged in: the subject of a token (JWT) that the site's own login issued, in a cookie of the site or as a bearer.

import { cookieValues } from "./cookies.mjs";
import { count } from "./journal.mjs";
import { remembered, verifyToken } from "./jwt.mjs";

const BEARER = /^bearer +([^ ]+)$/i;
const LONGEST_SUBJECT = 256; // characters

let login = null; // of the live bundle: {cookie, issuer, audience, algorithm, jwks | secret}
let trust = null; // what jwt.mjs makes of it; one object as long as nothing of it changes, since verified tokens hang on it

/** Recognise logins as this bundle says; null for none. */
export function adoptLogin(told) {
  if (JSON.stringify(told) === JSON.stringify(login)) return;
  login = told;
  trust = null;
}

function trusted(env) {
  const { issuer, audience, algorithm, jwks, secret } = login;
  const key = secret ? { secret: env[secret] } : { jwks };
  if (trust === null || trust.secret !== key.secret) trust = { issuer, audience, algorithm, ...key, development: env.TESSERA_ENV === "development" };
  return trust;
}

const subjectOf = (claims) => {
  const subject = claims?.sub;
  return typeof subject === "string" && subject.length <= LONGEST_SUBJECT ? subject : "";
};

/** The subject of a verified token, "" for nobody; a promise of it where the token must be verified first. Never rejects. */
export function accountOf({ request: { headers }, env, ctx, now }) {
  if (login === null) return "";
  const token = cookieValues(headers.get("cookie"), login.cookie, 1)[0] ?? BEARER.exec(headers.get("authorization") ?? "")?.[1];
  if (!token) return "";
  const known = remembered(token, trusted(env), now);
  return known ? subjectOf(known) : verified(token, trusted(env), now, ctx);
}

async function verified(token, by, now, ctx) {
  const { ok, claims, why } = await verifyToken(token, by, now, { waitUntil: (task) => ctx.waitUntil(task) });
  if (!ok) count(`login-refused:${why}`);
  return ok ? subjectOf(claims) : "";
}
