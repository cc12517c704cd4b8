// Whose tokens count, as a setting of the Worker says it: a JSON text.
// {"issuer", "audience", "algorithm", and "jwks" (an address), "keys" (a list) or "secret_name" (HS256: the secret that holds
// it); "leeway", and what else a reader of the setting looks for}

import { note } from "./journal.mjs";
import { isTrustworthy } from "./jwks.mjs";

const MIN_SECRET = 32; // bytes
const ALGORITHMS = new Set(["HS256", "RS256", "ES256"]);

const known = new Map(); // the setting's name → what it said last, and what was made of it

const isText = (value) => typeof value === "string" && value !== "";

/** What is wrong with the setting, "" for nothing. */
function problemOf(told, secret, development) {
  const { issuer, audience, algorithm, jwks, keys, leeway } = told;
  const audiences = Array.isArray(audience) ? audience : [audience];
  if (!isText(issuer)) return "issuer is missing";
  if (audiences.length === 0 || !audiences.every(isText)) return "audience is missing";
  if (!ALGORITHMS.has(algorithm)) return `algorithm is one of ${[...ALGORITHMS].join(", ")}`;
  if (leeway !== undefined && !(leeway >= 0 && leeway <= 300)) return "leeway is 0 to 300 seconds";
  if (algorithm === "HS256") {
    if (keys !== undefined || jwks !== undefined) return "HS256 takes its secret by secret_name, and no keys";
    return isText(secret) && new TextEncoder().encode(secret).length >= MIN_SECRET ? "" : `secret_name names a secret of at least ${MIN_SECRET} bytes`;
  }
  if (told.secret_name !== undefined) return `${algorithm} takes public keys, and no secret`;
  if ((keys === undefined) === (jwks === undefined)) return "either jwks or keys is given";
  if (keys !== undefined) return Array.isArray(keys) && keys.length > 0 ? "" : "keys is a list of JSON Web Keys";
  return isTrustworthy(jwks, development) ? "" : "jwks is an https address";
}

/** The setting's object, null where it is none. */
function parsed(text) {
  try {
    const told = JSON.parse(text);
    return typeof told === "object" && !Array.isArray(told) ? told : null;
  } catch {
    return null;
  }
}

function trustOf(name, told, secret, development) {
  const why = told === null ? "a JSON object is expected" : problemOf(told, secret, development);
  if (why) {
    note("trust-refused", { setting: name, why });
    return null;
  }
  const { issuer, audience, algorithm, jwks, keys, leeway } = told;
  return { issuer, audience, algorithm, jwks, keys, leeway, secret, development, settings: told };
}

/**
 * The trust that a setting tells of, as edge/jwt.mjs takes it, with all of the setting as `settings`: the same object as long as
 * the setting is the same. null where there is no setting, or a wrong one, and then the log says why.
 */
export function trustFrom(env, name) {
  const text = env[name];
  if (!isText(text)) return null;
  const last = known.get(name);
  const told = last?.text === text ? last.told : parsed(text);
  const secret = env[told?.secret_name];
  const development = env.TESSERA_ENV === "development";
  if (last?.text === text && last.secret === secret && last.development === development) return last.trust;
  const trust = trustOf(name, told, secret, development);
  known.set(name, { text, told, secret, development, trust });
  return trust;
}
