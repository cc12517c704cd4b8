"""The Worker: what the platform calls. Requests go to the bridge, which asks `turn` here; the queue's messages become the log.

Whatever fails, the visitor gets the original page: `turn` holds the one broad boundary around deciding.
"""

import gc
import json
from base64 import urlsafe_b64decode
from inspect import isawaitable
from sys import version_info

from pyodide.ffi import create_proxy, to_js
from workers import WorkerEntrypoint, import_from_javascript

from consume import consume
from tessera import about, api, events, identity, mine, turn, visit
from tessera.bundle import BundleError, load, unseal_head
from wasm_kernel import WasmKernel

FIELD = "\x1f"
FAILED = '{"status":500,"headers":{"content-type":"application/problem+json"}}\x1e{"title":"Internal Server Error","status":500}'


class Isolate:
    """What an isolate keeps between requests. Empty in the snapshot: no secret, time or randomness is frozen into it."""

    bridge = None
    bundle = None
    published = None
    refused = None
    cookie_keys = ()


isolate = Isolate()


def say(event: str, **facts) -> None:
    """Count it, and one line for the platform's log, for machines first. Never a cookie, a key or a visitor's data."""
    if isolate.bridge is not None:
        isolate.bridge.count(event)
    print(json.dumps({"event": event, **facts}))


def brief(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def decide_page(text: str) -> str:
    """The bridge's string in, Python's out: see tessera/turn.py; `failed` and why for whatever goes wrong."""
    try:
        return turn.turn(isolate.bundle, isolate.cookie_keys, text, isolate.bridge.page)
    except Exception as error:  # fail open, say so
        return f"failed{FIELD}{brief(error)}"


def take_events(text: str) -> str:
    """What browsers report: the bridge's string in, Python's out, as tessera/events.py says."""
    try:
        return events.turn(isolate.bundle, isolate.cookie_keys, text)
    except Exception as error:
        return f"failed{FIELD}{brief(error)}"


def answer_api(text: str) -> str:
    """A call of the HTTP API: the bridge's JSON in, Python's out, as tessera/api.py says."""
    try:
        return api.turn(isolate.bundle, isolate.cookie_keys, text, isolate.bridge.page, isolate.published)
    except Exception as error:
        say("api-failed", why=brief(error))
        return FAILED


def answer_visitor(text: str) -> str:
    """What visitors ask of themselves: the bridge's JSON in, Python's out, as tessera/mine.py says. What fails is the bridge's to tell."""
    return mine.answer(isolate.bundle, isolate.cookie_keys, text)


def settle_memory() -> None:
    """Take what a bundle is made of out of the collector's sight: looking through it now and then would hold requests up."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


async def follow(env) -> None:
    """Load the bundle that the pointer names, if it is another one; whatever is wrong with it, keep the last good one."""
    try:
        isolate.cookie_keys = isolate.cookie_keys or identity.keys(setting(env, "TESSERA_COOKIE_KEYS"))
        name, published = await read_pointer(env)
        if isolate.bundle is None or name != isolate.bundle.name:
            bundle = await load_bundle(env, name)
            isolate.bundle = bundle
            settle_memory()
            isolate.bridge.adopt(name, visit.routes(bundle), visit.settings(bundle))
            say("bundle-loaded", bundle=name, bytes=bundle.size)
        isolate.published, isolate.refused = published, None
    except Exception as error:
        keeping = f"keeping {isolate.bundle.name[:12]}" if isolate.bundle else "serving original pages"
        isolate.refused = str(error) if isinstance(error, BundleError) else f"bundle not loaded: {brief(error)}"
        say("bundle-refused", why=isolate.refused, keeping=keeping)


def content(number: str) -> str:
    """The text of a content that is the same for everybody."""
    return isolate.bundle.contents[int(number)][0]


def describe(counts: str, now: float) -> str:
    """What `GET /.well-known/tessera` tells, as JSON."""
    told = about.describe(isolate.bundle, isolate.published, isolate.refused, now / 1000, version_info[:3])
    return json.dumps(told | {"counts": json.loads(counts)}, indent=2)


def setting(env, name: str) -> str:
    return str(getattr(env, name, None) or "")


async def read_pointer(env):
    """The live bundle's name and when it was published: by the pointer's copy for the edges (KV); where that fails or
    cannot be read, by the pointer itself (R2)."""
    copy = await isolate.bridge.pointerCopy(env)
    try:
        if copy:
            return about.released(copy)
    except BundleError as error:
        say("pointer-copy-broken", why=str(error))
    text = await isolate.bridge.pointer(env)
    if not text:
        raise BundleError("no release is published; run 'tessera publish'")
    return about.released(text)


def bytes_of(value) -> bytes:
    """JavaScript's bytes at once; `bytes()` would ask for one at a time."""
    return value if isinstance(value, bytes) else value.to_bytes()


async def load_bundle(env, name: str):
    found = await isolate.bridge.bundleParts(env, name)
    if not found:
        raise BundleError(f"bundle rejected: {name[:12]} is not in the store; publish it again")
    sealed = unseal_head(*map(bytes_of, (found.start, found.rest, found.digest)), found.size)
    if sealed.name != name:
        raise BundleError(f"bundle rejected: asked for {name[:12]}, got {sealed.name[:12]}; publish it again")
    await verify(env, sealed)
    if found.kernel is None:
        return load(sealed)  # a bridge without WebAssembly gives the whole body
    bundle = load(sealed, WasmKernel(found.kernel))
    found.kernel.release()
    return bundle


async def verify(env, sealed) -> None:
    if sealed.signature is None:
        raise BundleError("bundle rejected: not signed; build it with --sign KEYFILE")
    entries = (entry.strip() for entry in setting(env, "TESSERA_PUBLIC_KEYS").split(","))
    encoded = dict(entry.split(":", 1) for entry in entries if ":" in entry).get(sealed.key_id)
    if encoded is None:
        raise BundleError(f"bundle rejected: signed by the unknown key {sealed.key_id}; add it to TESSERA_PUBLIC_KEYS")
    key = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    if not await isolate.bridge.verify(to_js(key), to_js(sealed.signature), to_js(sealed.signed)):
        raise BundleError("bundle rejected: wrong signature; sign and publish it again")


def find_bridge():
    """The bridge, and what it takes from here: bridge.mjs, or bridge.py in a runtime that imports no JavaScript."""
    functions = (decide_page, follow, describe, take_events, content, answer_api, answer_visitor)
    try:
        return import_from_javascript("./bridge.mjs"), map(create_proxy, functions)
    except ImportError as error:
        import bridge

        say("bridge-in-python", why=brief(error))
        return bridge, functions


def begun():
    """The bridge, which has what it takes from here."""
    if isolate.bridge is None:
        bridge, functions = find_bridge()
        bridge.begin(*functions)
        isolate.bridge = bridge
    return isolate.bridge


class Default(WorkerEntrypoint):
    def fetch(self, request):
        """The response, or what it can be awaited from."""
        if isolate.bridge is None:
            return self._first(request)
        return isolate.bridge.serve(request.js_object, self._raw_env(), self.ctx)

    async def _first(self, request):
        answer = begun().serve(request.js_object, self._raw_env(), self.ctx)
        return await answer if isawaitable(answer) else answer  # another request may have begun meanwhile

    def _raw_env(self):
        """The platform's own env: the bridge takes bindings without the SDK's wrappers."""
        return getattr(self.env, "_env", self.env)

    async def queue(self, batch):
        """Queues → the log and the profiles, as consume.py says."""
        env, bridge = self._raw_env(), begun()

        async def release():
            await bridge.refresh(env, self.ctx)
            return isolate.bundle

        try:
            await consume(batch, bridge, env, release, say)
        except Exception as error:
            say("queue-failed", why=brief(error))
            raise  # so that the queue delivers all of it again
