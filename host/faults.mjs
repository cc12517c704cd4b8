// Fault injection, switched while the host runs: bindings that throw, hang or answer garbage, an origin that answers an
// error, or whose answer breaks off (once). A binding that is only counted does what it should.

const HANG_MILLISECONDS = 60_000;
const HIDDEN = new Set(["HOST_TOKEN", "HOST_FACTS", "HOST_FRONT", "HOST_DIRECT"]);
const MODES = new Set(["throw", "hang", "garbage", "error", "break", "count"]);
const GARBAGE = "\u0000\ufffd{garbage";

const active = new Map();
const calls = new Map(); // of the bindings that are counted

const garbageBytes = () => new TextEncoder().encode(GARBAGE);

/** Stands for an R2 object; not a plain object, which the SDK would turn into a dictionary. */
class GarbageObject {
  constructor(key) {
    this.key = key;
    this.etag = "garbage";
    this.httpEtag = '"garbage"';
    this.size = garbageBytes().length;
  }
  get body() {
    return new Response(garbageBytes()).body;
  }
  async text() {
    return GARBAGE;
  }
  async bytes() {
    return garbageBytes();
  }
  async arrayBuffer() {
    return garbageBytes().buffer;
  }
  async json() {
    return JSON.parse(GARBAGE);
  }
}

function garbageValue(key, options) {
  if (Array.isArray(key)) return new Map(key.map((one) => [one, garbageValue(one, options)]));
  const type = typeof options === "string" ? options : options?.type;
  if (type === "arrayBuffer") return garbageBytes().buffer;
  if (type === "stream") return new Response(garbageBytes()).body;
  return GARBAGE;
}

function garbage(binding, method, [key, options]) {
  if (method === "fetch") return new Response(garbageBytes(), { headers: { "content-type": "text/html" } });
  if (method === "list") return { garbage: true };
  if (method !== "get" && method !== "head") return undefined;
  return binding.constructor.name === "R2Bucket" ? new GarbageObject(key) : garbageValue(key, options);
}

/** The beginning of a page, and then no more. */
function brokenOff() {
  const stream = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode("<!doctype html><html><body>")),
    pull: (controller) => controller.error(new Error("injected fault: break")),
  }, { highWaterMark: 0 });
  return new Response(stream, { headers: { "content-type": "text/html" } });
}

async function fail(mode, binding, method, args) {
  if (method === "fetch" && mode === "error") return new Response("injected fault: error", { status: 500 });
  if (method === "fetch" && mode === "break") return brokenOff();
  if (mode === "garbage") return garbage(binding, method, args);
  if (mode === "hang") await scheduler.wait(HANG_MILLISECONDS);
  throw new Error(`injected fault: ${mode}`);
}

function faulty(binding, over) {
  return new Proxy(binding, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function" || name === "constructor") return value;
      return (...args) => {
        const key = active.has(over) ? over : `${over}.${name}`;
        const mode = active.get(key);
        if (mode === "count") calls.set(`${over}.${name}`, (calls.get(`${over}.${name}`) ?? 0) + 1);
        if (mode === undefined || mode === "count") return value.apply(target, args);
        if (mode === "break") active.delete(key);
        return fail(mode, target, name, args);
      };
    },
  });
}

const isFaulty = (binding) => [...active.keys()].some((name) => name === binding || name.startsWith(`${String(binding)}.`));

/** The environment as the Worker sees it: without the host's own variables, and with the faults in force. */
export function withFaults(env) {
  return new Proxy(env, {
    get(target, name) {
      if (HIDDEN.has(name)) return undefined;
      const value = Reflect.get(target, name, target);
      return isFaulty(name) && value ? faulty(value, name) : value;
    },
    has: (target, name) => !HIDDEN.has(name) && Reflect.has(target, name),
    ownKeys: (target) => Reflect.ownKeys(target).filter((name) => !HIDDEN.has(name)),
  });
}

/** Set or clear (null) faults by binding name, or by one of its methods (`PROFILES.put`). Returns what is in force; an unknown mode is a RangeError. */
export function setFaults(changes) {
  for (const mode of Object.values(changes)) {
    if (mode !== null && !MODES.has(mode)) throw new RangeError(`unknown fault: ${mode}; one of ${[...MODES].join(", ")}`);
  }
  for (const [name, mode] of Object.entries(changes)) {
    if (mode === null) active.delete(name);
    else active.set(name, mode);
  }
  return Object.fromEntries(active);
}

/** How often each method of counted bindings was called since this was asked last. */
export function takeCalls() {
  const told = Object.fromEntries(calls);
  calls.clear();
  return told;
}
