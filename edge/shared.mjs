// Plans in the platform's cache, so that a page is planned once a place and not once an isolate.
// An entry: four bytes of length, the plan as JSON, the page. The address is one that the Worker never serves.

const HOST = "https://plans.tessera.invalid/";
const MAX_ENTRY = 4 * 1024 * 1024;
const SECONDS = 86_400; // an entry is asked about at the origin again, by its etag, once it is no longer fresh

async function requestFor(address) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(address));
  return new Request(HOST + Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join(""));
}

function pack({ bytes, headers, personal, told, nonce, ...plan }, address, at) {
  const text = new TextEncoder().encode(JSON.stringify({ ...plan, until: null, address, at, headers: [...headers] }));
  const entry = new Uint8Array(4 + text.length + bytes.length);
  new DataView(entry.buffer).setUint32(0, text.length);
  entry.set(text, 4);
  entry.set(bytes, 4 + text.length);
  return entry;
}

function unpack(entry) {
  const size = new DataView(entry.buffer, entry.byteOffset).getUint32(0);
  const { headers, at, address, ...plan } = JSON.parse(new TextDecoder().decode(entry.subarray(4, 4 + size)));
  return { plan: { ...plan, bytes: entry.slice(4 + size) }, headers: new Headers(headers), at, address };
}

/** The plan under an address, if one of this shape is there: {plan, headers, at}; null otherwise, whatever goes wrong. */
export async function load(address, shape) {
  try {
    const found = await caches.default.match(await requestFor(address));
    if (!found) return null;
    const entry = unpack(new Uint8Array(await found.arrayBuffer()));
    return entry.address === address && entry.plan.shape === shape ? entry : null;
  } catch {
    return null; // no cache here, or nothing that can be read: the page is planned
  }
}

/** Keep a plan for other isolates; never rejects. */
export async function store(address, plan, at) {
  try {
    const entry = pack(plan, address, at);
    if (entry.length > MAX_ENTRY) return;
    const response = new Response(entry, { headers: { "cache-control": `public, max-age=${SECONDS}` } });
    await caches.default.put(await requestFor(address), response);
  } catch {
    // without a cache every isolate plans for itself
  }
}
