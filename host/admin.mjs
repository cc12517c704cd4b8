// The host's own door to its stores, on the loopback address and behind a token:
//   GET|PUT|DELETE /kv/{BINDING}/{key}    GET /kv/{BINDING}?prefix=    POST /kv/{BINDING}: many keys, as Cloudflare's bulk put
//   GET|PUT|DELETE /r2/{BINDING}/{key}    GET /r2/{BINDING}?prefix=      GET /status
//   POST /queue/{BINDING}: a message, as text
//   POST /faults: as host.mjs takes them, whatever stands before the Worker

import { createServer } from "node:http";
import { sameToken } from "./token.mjs";

const MAX_BODY_BYTES = 32 * 1024 * 1024;
const MAX_BULK = 10_000; // as Cloudflare's bulk put
const AT_ONCE = 100; // puts that are under way together
const LOOPBACK = "127.0.0.1";

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function bodyOf(request) {
  if (Number(request.headers["content-length"] ?? 0) > MAX_BODY_BYTES) throw new Refused(413, "body over 32 MB");
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > MAX_BODY_BYTES) throw new Refused(413, "body over 32 MB");
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const json = (value, status = 200, headers = {}) => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(value),
});

const bytes = (value, headers = {}) => ({
  status: 200,
  headers: { "content-type": "application/octet-stream", ...headers },
  body: Buffer.from(value),
});

/** All names in a store, following the cursor. */
async function allOf(list, pick) {
  const found = [];
  let cursor;
  do {
    const page = await list(cursor);
    found.push(...pick(page));
    cursor = page.list_complete === false || page.truncated ? page.cursor : undefined;
  } while (cursor);
  return found;
}

/** The pairs of a bulk put, `[{key, value, expiration_ttl}, …]`; checked before the first is written. */
function pairsOf(body) {
  let pairs;
  try {
    pairs = JSON.parse(body);
  } catch {
    throw new Refused(400, "the body is not JSON");
  }
  const fits = ({ key, value, expiration_ttl: ttl }) =>
    typeof key === "string" && key !== "" && Buffer.byteLength(key) <= 512 && typeof value === "string" && (ttl === undefined || (Number.isInteger(ttl) && ttl >= 60));
  if (!Array.isArray(pairs) || pairs.length > MAX_BULK || !pairs.every((pair) => pair !== null && typeof pair === "object" && fits(pair))) {
    throw new Refused(400, `a bulk put is a list of at most ${MAX_BULK} {key, value, expiration_ttl}`);
  }
  return pairs;
}

const kv = {
  async GET(store, key) {
    const value = await store.get(key, "arrayBuffer");
    if (value === null) throw new Refused(404, "no such key");
    return bytes(value);
  },
  async PUT(store, key, request) {
    await store.put(key, await bodyOf(request));
    return json({});
  },
  async DELETE(store, key) {
    await store.delete(key);
    return json({});
  },
  async list(store, prefix) {
    return json(await allOf((cursor) => store.list({ prefix, cursor }), (page) => page.keys.map(({ name, expiration }) => ({ key: name, expiration }))));
  },
  async bulk(store, request) {
    const pairs = pairsOf(await bodyOf(request));
    for (let at = 0; at < pairs.length; at += AT_ONCE) {
      const puts = pairs.slice(at, at + AT_ONCE).map(({ key, value, expiration_ttl: expirationTtl }) => store.put(key, value, { expirationTtl }));
      await Promise.all(puts);
    }
    return json({ written: pairs.length });
  },
};

/** HTTP's conditions as R2 takes them: etags without their quotes. */
function conditionsOf(headers) {
  const plain = (value) => value.replaceAll('"', "").trim();
  const conditions = {};
  if (headers["if-match"]) conditions.etagMatches = plain(headers["if-match"]);
  if (headers["if-none-match"]) conditions.etagDoesNotMatch = plain(headers["if-none-match"]);
  return Object.keys(conditions).length ? conditions : undefined;
}

const r2 = {
  async GET(store, key) {
    const object = await store.get(key);
    if (object === null) throw new Refused(404, "no such key");
    return bytes(await object.arrayBuffer(), { etag: object.httpEtag });
  },
  async PUT(store, key, request) {
    const object = await store.put(key, await bodyOf(request), { onlyIf: conditionsOf(request.headers) });
    if (object === null) throw new Refused(412, "the object is not as expected");
    return json({ etag: object.etag }, 200, { etag: object.httpEtag });
  },
  async DELETE(store, key) {
    await store.delete(key);
    return json({});
  },
  async list(store, prefix) {
    const pick = (page) => page.objects.map(({ key, size, etag }) => ({ key, size, etag }));
    return json(await allOf((cursor) => store.list({ prefix, cursor }), pick));
  },
};

async function send(queues, binding, request) {
  if (!Object.hasOwn(queues, binding ?? "")) throw new Refused(404, "unknown binding");
  await queues[binding].send((await bodyOf(request)).toString(), { contentType: "text" });
  return json({});
}

/** @param opening promise of the stores, {kv: {NAME: namespace}, r2: {NAME: bucket}, queue: {NAME: producer}} */
async function answer(request, opening, status, fault) {
  const url = new URL(request.url, `http://${LOOPBACK}`);
  const [, kind, binding, ...rest] = url.pathname.split("/");
  if (kind === "status" && request.method === "GET") return json(status);
  if (kind === "faults" && request.method === "POST") return json(await fault(await bodyOf(request)));
  if (kind === "queue" && request.method === "POST") return send((await opening).queue ?? {}, binding, request);
  const verbs = { kv, r2 }[kind];
  if (!verbs) throw new Refused(404, "unknown address");
  const stores = await opening;
  if (!Object.hasOwn(stores[kind], binding ?? "")) throw new Refused(404, "unknown binding");
  const store = stores[kind][binding];
  const key = decodeURIComponent(rest.join("/"));
  if (key === "" && request.method === "GET") return verbs.list(store, url.searchParams.get("prefix") ?? undefined);
  if (key === "" && request.method === "POST" && verbs.bulk) return verbs.bulk(store, request);
  if (key === "" || !["GET", "PUT", "DELETE"].includes(request.method)) throw new Refused(405, "not here");
  return verbs[request.method](store, key, request);
}

function refusal(error) {
  if (error instanceof Refused) return json({ error: error.message }, error.status);
  if (error instanceof URIError) return json({ error: "the key is not valid percent-encoding" }, 400);
  return json({ error: String(error?.message ?? error) }, 500);
}

/** Start the server; resolves to {url, close}. */
export async function serveAdmin({ token, port, stores, status, fault }) {
  const server = createServer(async (request, response) => {
    const [scheme, given] = (request.headers.authorization ?? "").split(" ");
    const allowed = scheme === "Bearer" && sameToken(given, token);
    const { status: code, headers, body } = allowed
      ? await answer(request, stores, status, fault).catch(refusal)
      : json({ error: "a bearer token is needed" }, 401);
    const left = request.readableEnded ? {} : { connection: "close" };
    response.writeHead(code, { ...headers, ...left, "content-length": Buffer.byteLength(body) });
    response.end(body);
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, LOOPBACK, resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://${LOOPBACK}:${server.address().port}`, close };
}
