// Where pages come from: a service binding ORIGIN, the site at TESSERA_ORIGIN, or the static assets of this deployment.

import { answerHere, requestAt } from "./remote.mjs";

const DEADLINE = 15_000; // milliseconds until an origin that says nothing counts as failed
const PAGE_METHODS = new Set(["GET", "HEAD"]);
/** What the client may ask of the origin's bytes but not of a personal page. */
const NOT_FORWARDED = ["range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "accept-encoding"];

/** There is no answer to be had from the origin. `status`: 504 where it did not answer in time, else 502. */
export class OriginError extends Error {
  constructor(message, status = 502) {
    super(message);
    this.status = status;
  }
}

/** Whether pages are the assets of this very deployment, which never change while it runs. */
export const isStatic = (env) => !env.ORIGIN && !env.TESSERA_ORIGIN;

/** Milliseconds that the origin has for the beginning of an answer, and for the whole of a page. */
export const deadlineOf = (env) => Number(env.TESSERA_ORIGIN_DEADLINE) || DEADLINE;

/** A task's value; OriginError when it takes longer, and `stop` is called then. */
export async function within(milliseconds, task, stop) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      reject(new OriginError(`the origin does not answer within ${milliseconds} ms`, 504));
      stop?.();
    }, milliseconds);
  });
  try {
    return await Promise.race([task, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function send(request, env, signal) {
  if (env.ORIGIN) return env.ORIGIN.fetch(request, { signal });
  if (!env.TESSERA_ORIGIN) return env.ASSETS.fetch(request);
  const asked = requestAt(env.TESSERA_ORIGIN, request);
  return answerHere(await fetch(asked, { signal }), env.TESSERA_ORIGIN, asked, request);
}

async function ask(request, env) {
  const controller = new AbortController();
  const task = send(request, env, controller.signal);
  task.catch(() => {}); // after the deadline nobody waits for it
  return within(deadlineOf(env), task, () => controller.abort());
}

/** The origin's answer to a request, as it is; a page is asked for again where the connection fails. Rejects with OriginError. */
export async function fetchOrigin(request, env) {
  try {
    return await ask(request, env);
  } catch (error) {
    if (error instanceof OriginError) throw error;
    if (!PAGE_METHODS.has(request.method)) throw new OriginError(String(error?.message ?? error));
  }
  try {
    return await ask(request, env);
  } catch (error) {
    throw error instanceof OriginError ? error : new OriginError(String(error?.message ?? error));
  }
}

/** The request for a page that is to be planned: whole, not encoded, new only if it is not the one with this etag. */
export function pageRequest(request, url, etag = null) {
  const headers = new Headers(request.headers);
  for (const name of NOT_FORWARDED) headers.delete(name);
  if (etag) headers.set("if-none-match", etag);
  return new Request(url, { headers, redirect: "manual" });
}

const SORRY = "<!doctype html><html lang=en><meta charset=utf-8><title>Not available</title><h1>This page is not available right now</h1><p>Please try again in a moment.</p>";

/** What a visitor gets where there is neither an origin that answers nor a copy of the page. */
export function sorry({ status = 502 }) {
  return new Response(SORRY, { status, headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store", "retry-after": "5" } });
}
