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
from tessera import about, api, canary, events, identity, mine, release, shadow, turn, visit
from tessera.bundle import BundleError, load, unseal_head
from tessera.warm import pages, warm
from wasm_kernel import WasmKernel

FIELD = "\x1f"
GONE = f"gone{FIELD}other releases came meanwhile"
MOST_KEPT = 8 * 2**20  # bytes of a bundle that is kept after another took over, for an instant return
FAILED = '{"status":500,"headers":{"content-type":"application/problem+json"}}\x1e{"title":"Internal Server Error","status":500}'


class Isolate:
    """What an isolate keeps between requests. Empty in the snapshot: no secret, time or randomness is frozen into it.

    `bundle` is the live one, `earlier` the one before; `bundles` are all that are loaded, by name, the canary's and the shadow's too.
    """

    bridge = None
    bundle = None
    earlier = None
    pointer = None
    refused = None
    cookie_keys = ()

    def __init__(self):
        self.bundles = {}


isolate = Isolate()


def say(event: str, **facts) -> None:
    """Count it, and one line for the platform's log, for machines first. Never a cookie, a key or a visitor's data."""
    if isolate.bridge is not None:
        isolate.bridge.count(event)
    print(json.dumps({"event": event, **facts}))


def brief(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def decide_page(name: str, text: str) -> str:
    """The bridge's string in, Python's out: see tessera/turn.py; `gone` where the bundle is no longer loaded, `failed` and why for
    whatever goes wrong.

    Args:
        name: of the bundle that decides.
    """
    bundle = isolate.bundles.get(name)
    if bundle is None:
        return GONE
    try:
        return turn.turn(bundle, isolate.cookie_keys, text, lambda url: isolate.bridge.page(name, url))
    except Exception as error:  # fail open, say so
        return f"failed{FIELD}{brief(error)}"


def choose(text: str) -> str:
    """Whether a visitor gets the canary while there is one: tessera/canary.py; the live release for whatever goes wrong."""
    tried = isolate.pointer.canary
    try:
        return canary.lane_of(tried, isolate.bundle, isolate.cookie_keys, text) if tried else release.LIVE
    except Exception as error:
        say("canary-failed", why=brief(error))
        return release.LIVE


def decide_beside(text: str, record: str) -> str:
    """What the shadow would have decided otherwise, as a message for the log; empty where nothing can be compared."""
    tried = isolate.pointer.shadow
    try:
        bundle = tried and isolate.bundles.get(tried.bundle)
        return shadow.compared(bundle, isolate.cookie_keys, text, record, lambda url: isolate.bridge.page(isolate.bundle.name, url)) if bundle else ""
    except Exception as error:
        say("shadow-failed", why=brief(error))
        return ""


def take_events(text: str) -> str:
    """What browsers report: the bridge's string in, Python's out, as tessera/events.py says."""
    try:
        return events.turn(isolate.bundle, isolate.cookie_keys, text)
    except Exception as error:
        return f"failed{FIELD}{brief(error)}"


def answer_api(text: str) -> str:
    """A call of the HTTP API: the bridge's JSON in, Python's out, as tessera/api.py says."""
    try:
        pointer = isolate.pointer
        bundle = None if pointer is None or pointer.off else canary.of_call(pointer.canary, isolate.bundle, isolate.bundles, text)
        published = pointer.published if bundle and bundle is isolate.bundle else None
        return api.turn(bundle, isolate.cookie_keys, text, lambda url: isolate.bridge.page(bundle.name, url), published)
    except Exception as error:
        say("api-failed", why=brief(error))
        return FAILED


def answer_visitor(name: str, text: str) -> str:
    """What visitors ask of themselves: the bridge's JSON in, Python's out, as tessera/mine.py says. What fails is the bridge's to tell."""
    bundle = isolate.bundles.get(name)
    return mine.answer(bundle, isolate.cookie_keys, text) if bundle else GONE


def settle_memory() -> None:
    """Take what a bundle is made of out of the collector's sight: looking through it now and then would hold requests up."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


async def follow(env) -> None:
    """Load what the pointer names and is not loaded yet; whatever is wrong with it, keep the last good one."""
    try:
        isolate.cookie_keys = isolate.cookie_keys or identity.keys(setting(env, "TESSERA_COOKIE_KEYS"))
        pointer = await read_pointer(env)
        if is_older(pointer):
            return
        live = await loaded(env, pointer.bundle)
        beside = [await tried_out(env, one.bundle) for one in (pointer.canary, pointer.shadow) if one]
        if not is_older(pointer):  # than what another request has followed meanwhile
            swap(pointer, live, [bundle for bundle in beside if bundle])
            isolate.refused = None
    except Exception as error:
        keeping = f"keeping {isolate.bundle.name[:12]}" if isolate.bundle else "serving original pages"
        isolate.refused = str(error) if isinstance(error, BundleError) else f"bundle not loaded: {brief(error)}"
        say("bundle-refused", why=isolate.refused, keeping=keeping)


def is_older(pointer) -> bool:
    """Whether a newer pointer is followed here already: a store may tell of an older one for a while, or somebody put it back."""
    if isolate.pointer is None or pointer.serial >= isolate.pointer.serial:
        return False
    say("pointer-older", serial=pointer.serial, keeping=isolate.pointer.serial)
    return True


async def loaded(env, name: str):
    """A bundle, which is verified and has decided every page once before it may decide for anybody."""
    if name in isolate.bundles:
        return isolate.bundles[name]
    bundle = await load_bundle(env, name)
    try_out(bundle)
    settle_memory()
    say("bundle-loaded", bundle=name, bytes=bundle.size)
    return bundle


def try_out(bundle) -> None:
    """Raises: BundleError, where the bundle fails to decide a page."""
    for page in pages(bundle):
        try:
            warm(bundle, page)
        except Exception as error:
            raise BundleError(f"bundle rejected: it fails to decide the page '{page}' ({' '.join(brief(error).split())}); build it again") from error


async def tried_out(env, name: str):
    """A bundle that need not be there: None where it cannot be had, so that the live one decides for all."""
    try:
        return await loaded(env, name)
    except Exception as error:
        say("candidate-refused", bundle=name, why=str(error) if isinstance(error, BundleError) else brief(error))
        return None


def swap(pointer, live, beside) -> None:
    """Decide by these bundles from the next request on. Nothing is waited for in here."""
    if isolate.bundle is not None and isolate.bundle is not live:
        isolate.earlier = isolate.bundle if isolate.bundle.size <= MOST_KEPT else None
    bundles = {bundle.name: bundle for bundle in (isolate.earlier, *beside, live) if bundle}
    for name in bundles.keys() - isolate.bundles.keys():
        isolate.bridge.adopt(name, visit.routes(bundles[name]), visit.settings(bundles[name]))
    isolate.bundle, isolate.bundles, isolate.pointer = live, bundles, pointer
    isolate.bridge.point(json.dumps(release.pointed(pointer, bundles)))


def content(name: str, number: str) -> str:
    """The text of a content that is the same for everybody."""
    return isolate.bundles[name].contents[int(number)][0]


def describe(counts: str, now: float) -> str:
    """What `GET /.well-known/tessera` tells, as JSON."""
    told = about.describe(isolate.bundle, isolate.pointer, isolate.refused, now / 1000, version_info[:3])
    return json.dumps(told | {"counts": json.loads(counts)}, indent=2)


def setting(env, name: str) -> str:
    return str(getattr(env, name, None) or "")


async def read_pointer(env):
    """What is released: by the pointer's copy for the edges (KV); where that fails or is not to be believed, by the pointer
    itself (R2)."""
    copy = await isolate.bridge.pointerCopy(env)
    try:
        if copy:
            return await verified_pointer(env, copy)
    except BundleError as error:
        say("pointer-copy-broken", why=str(error))
    text = await isolate.bridge.pointer(env)
    if not text:
        raise BundleError("no release is published; run 'tessera publish'")
    return await verified_pointer(env, text)


async def verified_pointer(env, text: str):
    signed = release.opened(text)
    if not await is_signed(env, signed.key_id, signed.signature, signed.message, "release"):
        raise BundleError("release rejected: the pointer's signature is wrong; publish again")
    return release.read(signed.payload)


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
    if not await is_signed(env, sealed.key_id, sealed.signature, sealed.signed, "bundle"):
        raise BundleError("bundle rejected: wrong signature; sign and publish it again")


async def is_signed(env, key_id: str, signature: bytes, message: bytes, what: str) -> bool:
    """Whether a signature is that of a key of this worker's. Raises: BundleError, where the key is none of them."""
    entries = (entry.strip() for entry in setting(env, "TESSERA_PUBLIC_KEYS").split(","))
    encoded = dict(entry.split(":", 1) for entry in entries if ":" in entry).get(key_id)
    if encoded is None:
        raise BundleError(f"{what} rejected: signed by the unknown key {key_id}; add it to TESSERA_PUBLIC_KEYS")
    key = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    return await isolate.bridge.verify(to_js(key), to_js(signature), to_js(message))


def find_bridge():
    """The bridge, and what it takes from here: bridge.mjs, or bridge.py in a runtime that imports no JavaScript."""
    functions = (decide_page, follow, describe, take_events, content, answer_api, answer_visitor, choose, decide_beside)
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
