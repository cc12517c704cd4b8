// The environment of a task: an origin that answers what the test describes, {status, headers, body (base64), pad, failures,
// chunk, breaks, hangs, releases, binding}, and a queue that remembers what it was sent.

import { adopt, point } from "./bridge.mjs";

const HANG = 60_000;

let failuresLeft = 0;
let asked = 0;

function decode(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** The page with spaces behind it, up to a size. */
function padded(bytes, size) {
  if (size <= bytes.length) return bytes;
  const whole = new Uint8Array(size).fill(32);
  whole.set(bytes);
  return whole;
}

/** The body in pieces, as a network would bring it; `breaks`: after how many bytes it breaks off, each time. */
function pieces(bytes, size, breaks) {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (breaks && at >= breaks) return controller.error(new Error("the connection is gone"));
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

/** A new release goes live while somebody is waited for. */
function release({ releases }) {
  if (!releases) return;
  const [name, routes, before] = releases;
  adopt(name, routes, '{"login":null}');
  point(JSON.stringify({ live: name, bundles: [name, before], canary: null, shadow: null }));
}

function origin({ status = 200, headers = {}, body = "", pad = 0, failures = 0, chunk = 0, breaks = 0, hangs = false, releases }) {
  failuresLeft = failures;
  const fetch = async (request) => {
    asked += 1;
    await scheduler.wait(0);
    release({ releases });
    if (hangs) await scheduler.wait(HANG);
    if (failuresLeft > 0) {
      failuresLeft -= 1;
      throw new Error("the origin is down");
    }
    const seen = new Headers(headers);
    seen.set("x-seen", JSON.stringify([...request.headers].filter(([name]) => /^(range|if-|accept-enc)/.test(name))));
    if (seen.has("etag") && request.headers.get("if-none-match") === seen.get("etag")) {
      return new Response(null, { status: 304, headers: seen });
    }
    const bytes = padded(decode(body), pad);
    const isBodiless = request.method === "HEAD" || [204, 205, 304].includes(status);
    const content = isBodiless ? null : chunk ? pieces(bytes, chunk, breaks) : bytes;
    return new Response(content, { status, headers: seen, encodeBody: "manual" });
  };
  return { fetch };
}

/** `origin.binding` is ORIGIN (the site may change at any time) or ASSETS (pages of this very deployment). */
export function environment(text, raw) {
  const task = JSON.parse(text);
  asked = 0;
  const sent = [];
  const DECISIONS = {
    async send(message) {
      if (task.queue === "fails") throw new Error("the queue is full");
      if (task.queue === "hangs") await scheduler.wait(HANG);
      sent.push(JSON.parse(message));
    },
  };
  const store = { get: async () => (release(task), null) };
  const own = { ASSETS: raw.ASSETS, PROFILES: task.releases ? store : raw.PROFILES, DECISIONS, sent, ...task.settings };
  if (task.origin) own[task.origin.binding ?? "ORIGIN"] = origin(task.origin);
  return own;
}

/** What may be a response or a promise of one, as a promise. */
export const settled = async (response) => response;

/** The response with what was sent to the queue of it: `page status|slot=status|…`, and the message. */
export function told(response, { sent }, names) {
  const copy = new Response(response.body, response);
  copy.headers.set("x-asked", String(asked));
  if (!sent.length) return copy;
  const { page_status: status, places } = sent[0];
  copy.headers.set("x-report", [status, ...JSON.parse(names).filter((name) => name in places).map((name) => `${name}=${places[name]}`)].join("|"));
  copy.headers.set("x-sent", JSON.stringify(sent));
  return copy;
}
