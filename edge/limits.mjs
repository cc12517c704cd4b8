// How often somebody may ask, counted by the platform for each of its locations. Where it cannot count, nobody is limited.

import { brief, note } from "./journal.mjs";
import { problem } from "./problem.mjs";

const DEADLINE = 50; // milliseconds that the platform may take
const PERIOD = 60; // seconds: the longest that a binding counts over, so what Retry-After says is always long enough
const MAX_ADDRESS = 64; // characters

const encoder = new TextEncoder();

async function succeeds(binding, key) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${DEADLINE} ms`)), DEADLINE);
  });
  try {
    const { success } = await Promise.race([binding.limit({ key }), late]);
    return success !== false;
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a key is over the limit of a binding: {binding, period (seconds)}, null where it is not. Never rejects. */
async function limited(env, name, key) {
  if (!env[name] || !key) return null;
  try {
    return (await succeeds(env[name], key)) ? null : { binding: name, period: PERIOD };
  } catch (error) {
    note("limit-failed", { binding: name, why: brief(error) });
    return null;
  }
}

/** The groups of an IPv6 address that name its network (/64); null where it is not written as one. */
function networkOf(address) {
  const [head, tail, ...more] = address.split("::");
  if (more.length > 0 || !/^[0-9a-f:.]+$/i.test(address)) return null;
  const groups = (text) => (text ? text.split(":") : []);
  const [first, last] = [groups(head), groups(tail)];
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  const whole = [...first, ...Array(Math.max(zeros, 0)).fill("0"), ...last];
  return whole.slice(0, 4).map((group) => (group.replace(/^0+/, "") || "0").toLowerCase()).join(":");
}

/** What is counted of a visitor's address: the address, or of IPv6 the network, of which a household has all addresses. */
export function countedAddress(address) {
  if (typeof address !== "string" || address.length > MAX_ADDRESS) return "";
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(":")) return mapped ?? address;
  return networkOf(address) ?? "";
}

async function hashed(text) {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(`tessera limit\0${text}`));
  return Array.from(new Uint8Array(digest).subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The HTTP API's limit (API_LIMIT), for whoever `authorise` named. */
export const limitedCaller = (env, { kind, subject }) => limited(env, "API_LIMIT", `${kind}:${subject}`);

/** The limit of reported events (EVENTS_LIMIT), for the visitor's address, which the binding sees as a hash. */
export async function limitedVisitor({ request, env }) {
  if (!env.EVENTS_LIMIT) return null;
  const address = countedAddress(request.headers.get("cf-connecting-ip") ?? "");
  return address ? limited(env, "EVENTS_LIMIT", await hashed(address)) : null;
}

/** The response to whoever is over a limit. */
export const tooMany = ({ period }) =>
  problem(429, "too-many-requests", "Too many requests", `ask again in ${period} seconds`, {}, { "retry-after": String(period) });
