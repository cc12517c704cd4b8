// Who calls the HTTP API: by an API key, or by an OAuth 2 access token (RFC 6750).

import { keyHolder, PREFIX } from "./api_keys.mjs";
import { brief, note } from "./journal.mjs";
import { verifyToken } from "./jwt.mjs";
import { problem } from "./problem.mjs";
import { allows, widest } from "./roles.mjs";
import { trustFrom } from "./trust.mjs";

export { allows } from "./roles.mjs";

const MAX_CREDENTIAL = 8_192; // characters
const MAX_SCOPES = 256;
const BEARER = /^bearer +([^ ].*)$/i;
const SUBJECT = /^[\x21-\x7e]{1,256}$/;
const SCOPES = { "tessera:read": "reader", "tessera:write": "writer", "tessera:admin": "admin" };
const TITLES = {
  "no-credentials": "Credentials are missing",
  "two-credentials": "More than one credential",
  "invalid-credentials": "The credentials are not valid",
  "insufficient-scope": "The credentials do not allow this",
};

/** A refusal: {status, type, why, header}; `header` is for WWW-Authenticate. */
function refused(status, type, why, facts = {}) {
  const told = Object.entries({ realm: "tessera", ...facts }).map(([name, value]) => `${name}="${value}"`);
  return { status, type, why, header: `Bearer ${told.join(", ")}` };
}

const invalid = (why) => refused(401, "invalid-credentials", why, { error: "invalid_token", error_description: why });

/** A caller who is known, but may not do this. */
export const insufficient = (capability) =>
  refused(403, "insufficient-scope", `this needs the capability ${capability}`, { error: "insufficient_scope", scope: `tessera:${capability}` });

/** The credential of a request, or the refusal of one with none or with several. */
function credentialOf({ headers }) {
  const [authorization, key] = [headers.get("authorization"), headers.get("x-api-key")];
  if (authorization !== null && key !== null) {
    return refused(400, "two-credentials", "either Authorization or X-API-Key", { error: "invalid_request", error_description: "two credentials" });
  }
  if (authorization === null && key === null) return refused(401, "no-credentials", "Authorization: Bearer, or X-API-Key");
  if ((key ?? authorization).length > MAX_CREDENTIAL + 16) return invalid("too-long");
  if (key !== null) return key.startsWith(PREFIX) ? key : invalid("malformed");
  return BEARER.exec(authorization)?.[1] ?? refused(401, "no-credentials", "the scheme is Bearer");
}

/** The role that a token's claims grant: a text with blanks between, as `scope` is, or a list. null for none. */
function roleOf(claims, { roles: name = "scope", map = SCOPES }) {
  const told = Object.hasOwn(claims, name) ? claims[name] : "";
  const granted = (typeof told === "string" ? told.split(" ") : Array.isArray(told) ? told : []).slice(0, MAX_SCOPES);
  return widest(granted.filter((each) => typeof each === "string" && Object.hasOwn(map, each)).map((each) => map[each]));
}

async function byKey(text, { env, now }) {
  const { id, role, why } = await keyHolder(text, env.TESSERA_API_KEYS, now);
  return why ? invalid(why) : { role, subject: id, kind: "key" };
}

async function byToken(text, { env, ctx, now }, fetcher) {
  const trust = trustFrom(env, "TESSERA_OAUTH");
  if (trust === null) return invalid("unknown-key");
  const { ok, claims, why } = await verifyToken(text, trust, now, { fetcher, waitUntil: ctx && ((task) => ctx.waitUntil(task)) });
  if (!ok) return why === "keys-unavailable" ? { ...invalid(why), status: 503 } : invalid(why);
  if (typeof claims.sub !== "string" || !SUBJECT.test(claims.sub)) return invalid("subject");
  const role = roleOf(claims, trust.settings);
  return role ? { role, subject: claims.sub, kind: "token" } : insufficient("read");
}

/**
 * Who asks, and in which role: {role, subject, kind: "key" | "token"}; or a refusal {status, type, why, header}, which `answerOf`
 * makes a response of. Never rejects.
 *
 * @param view {request, env, ctx, now}, as everywhere
 * @param capability what the caller must be allowed, or null to know only who it is
 */
export async function authorise(view, capability = null, fetcher = undefined) {
  const credential = credentialOf(view.request);
  if (typeof credential !== "string") return credential;
  let caller;
  try {
    caller = await (credential.startsWith(PREFIX) ? byKey(credential, view) : byToken(credential, view, fetcher));
  } catch (error) {
    note("credentials-failed", { why: brief(error) });
    return invalid("failed");
  }
  return caller.role && capability !== null && !allows(caller.role, capability) ? insufficient(capability) : caller;
}

/** The response to a caller who was refused. */
export function answerOf({ status, type, why, header }) {
  if (status === 503) return problem(503, "keys-unavailable", "The issuer's keys cannot be had", "", {}, { "retry-after": "5" });
  return problem(status, type, TITLES[type], why, {}, { "www-authenticate": header });
}
