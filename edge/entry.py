"""The Worker: the only Python file that touches the platform. Request → serve → Response; queue → log.

Whatever fails, the visitor gets the original page: `fetch` holds the one broad boundary of the product.
"""

import asyncio
import json
import time
from base64 import urlsafe_b64decode
from sys import version_info

from pyodide.ffi import to_js
from workers import Response, WorkerEntrypoint, import_from_javascript

from tessera import about, identity, log, profile, record, visit
from tessera.bundle import BundleError, load, unseal
from tessera.context import parse
from tessera.decide import decide
from tessera.types import Profile

POINTER_DEADLINE = 1000  # milliseconds that the pointer's copy may take
BUNDLE_DEADLINE = 2.0  # seconds that a page without any bundle waits for one
LOG_DEADLINE = 0.2  # seconds that a redirect waits for its record to be queued
FIELD = "\x1f"


class Isolate:
    """What an isolate keeps between requests. Empty in the snapshot: no secret, time or randomness is frozen into it."""

    bridge = None
    bundle = None
    published = None
    polled = float("-inf")
    refused = None
    cookie_keys = ()


isolate = Isolate()


def say(event: str, **facts) -> None:
    """One line for the platform's log, for machines first. Never a cookie, a key or a visitor's data."""
    print(json.dumps({"event": event, **facts}))


def brief(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        try:
            return await self.serve(request.js_object)
        except Exception as error:  # the one boundary: fail open, say so
            say("fail-open", why=brief(error))
            return await self.env.ASSETS.fetch(request)

    async def serve(self, request):
        if isolate.bridge is None:
            isolate.bridge = import_from_javascript("./bridge.mjs")
        bridge, started = isolate.bridge, time.perf_counter()
        name = isolate.bundle.name if isolate.bundle else ""
        facts = parse(bridge.visit(request, self._raw_env(), name))
        if await self.follow_release():  # the first bundle of this isolate: route again
            facts = facts._replace(page=bridge.page(isolate.bundle.name, facts.url))
        if about.PATH == about.path_of(facts.url):
            return self.tell_about(facts)
        bundle = isolate.bundle
        if bundle is None or not facts.page or facts.method not in ("GET", "HEAD"):
            return Response(await bridge.pass_(facts.token))
        arrival = visit.arrive(bundle, self._cookie_keys(), facts)
        stored, served_from, fallbacks = await self.read_profile(bundle, arrival)
        seen = visit.settle(bundle, arrival, stored, served_from=served_from, fallbacks=fallbacks)
        decisions = decide(bundle, seen, facts.page)
        redirect = visit.destination(bundle, arrival, seen, decisions, lambda url: bridge.page(bundle.name, url))
        if redirect is not None:
            return await self.redirect(bundle, facts, arrival, seen, *redirect)
        texts = visit.contents(bundle, seen, decisions)
        timing = self._timing(started)
        response = await bridge.respond(facts.token, visit.answer(bundle, arrival, decisions, texts, timing))
        self.ctx.waitUntil(self.log(bundle, facts, seen, decisions))
        return Response(response)

    async def redirect(self, bundle, facts, arrival, seen, decision, address):
        """Another address in place of the page. What else was decided for the page was not shown, so it is not logged."""
        slot, cookie = bundle.slots[decision.slot].name, visit.cookie(bundle, arrival, (decision,))
        response = isolate.bridge.redirect(facts.token, slot, address, cookie)
        logging = asyncio.ensure_future(self.log(bundle, facts, seen, (decision,)))
        self.ctx.waitUntil(logging)
        await asyncio.wait({logging}, timeout=LOG_DEADLINE)
        return Response(response)

    def _raw_env(self):
        """The platform's own env: the bridge takes bindings without the SDK's wrappers."""
        return getattr(self.env, "_env", self.env)

    def _setting(self, name: str, otherwise: str = "") -> str:
        return str(getattr(self._raw_env(), name, None) or otherwise)

    def _timing(self, started: float) -> str:
        if self._setting("TESSERA_ENV") != "development":
            return ""
        return f"tessera;dur={1000 * (time.perf_counter() - started):.2f}"

    def _cookie_keys(self):
        if not isolate.cookie_keys:
            isolate.cookie_keys = identity.keys(self._setting("TESSERA_COOKIE_KEYS"))
        return isolate.cookie_keys

    # --- the release that is live ------------------------------------------------------------------------------------

    async def follow_release(self) -> bool:
        """Re-read the pointer on its interval, in the background once a bundle is there. True: the first one was loaded."""
        now = time.time()
        if now - isolate.polled < float(self._setting("TESSERA_POLL_SECONDS", "30")):
            return False
        isolate.polled = now
        if isolate.bundle is not None:
            self.ctx.waitUntil(self.refresh())
            return False
        loading = asyncio.ensure_future(self.refresh())
        self.ctx.waitUntil(loading)  # past the deadline it goes on for the next page
        await asyncio.wait({loading}, timeout=BUNDLE_DEADLINE)
        if not loading.done():
            say("bundle-late", seconds=BUNDLE_DEADLINE)
        return isolate.bundle is not None

    async def refresh(self) -> None:
        """Load the bundle that the pointer names, if it is another one; whatever is wrong with it, keep the last good one."""
        try:
            name, published = await self.read_pointer()
            if isolate.bundle is None or name != isolate.bundle.name:
                isolate.bundle = await self.load_bundle(name)
            isolate.published, isolate.refused = published, None
        except Exception as error:
            keeping = f"keeping {isolate.bundle.name[:12]}" if isolate.bundle else "serving original pages"
            isolate.refused = str(error) if isinstance(error, BundleError) else f"bundle not loaded: {brief(error)}"
            say("bundle-refused", why=isolate.refused, keeping=keeping)

    async def read_pointer(self):
        """The live bundle's name and when it was published: by the pointer's copy for the edges (KV); where that fails or
        cannot be read, by the pointer itself (R2)."""
        text = await isolate.bridge.read(self._raw_env().RELEASES, "current", POINTER_DEADLINE)
        status, _, value = text.partition(FIELD)
        try:
            if status == "ok":
                return about.released(value)
        except BundleError as error:
            say("pointer-copy-broken", why=str(error))
        found = await self.env.BUNDLES.get("releases/current.json")
        if found is None:
            raise BundleError("no release is published; run 'tessera publish'")
        return about.released(await found.text())

    async def load_bundle(self, name: str):
        found = await self.env.BUNDLES.get(f"bundles/{name}.tessera")
        if found is None:
            raise BundleError(f"bundle rejected: {name[:12]} is not in the store; publish it again")
        sealed = unseal(bytes(await found.arrayBuffer()))
        if sealed.name != name:
            raise BundleError(f"bundle rejected: asked for {name[:12]}, got {sealed.name[:12]}; publish it again")
        await self.verify(sealed)
        bundle = load(sealed)
        isolate.bridge.route(name, "\x1e".join(f"{page}{FIELD}{pattern}" for page, pattern in bundle.pages))
        say("bundle-loaded", bundle=name, bytes=bundle.size)
        return bundle

    async def verify(self, sealed) -> None:
        if sealed.signature is None:
            raise BundleError("bundle rejected: not signed; build it with --sign KEYFILE")
        trusted = dict(entry.strip().split(":", 1) for entry in self._setting("TESSERA_PUBLIC_KEYS").split(",") if ":" in entry)
        encoded = trusted.get(sealed.key_id)
        if encoded is None:
            raise BundleError(f"bundle rejected: signed by the unknown key {sealed.key_id}; add it to TESSERA_PUBLIC_KEYS")
        key = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        if not await isolate.bridge.verify(to_js(key), to_js(sealed.signature), to_js(sealed.signed)):
            raise BundleError("bundle rejected: wrong signature; sign and publish it again")

    # --- stores ------------------------------------------------------------------------------------------------------

    async def read_profile(self, bundle, arrival):
        """The stored profile (None where it could not be read), where it was served from, and the fallbacks taken."""
        if not visit.wants_profile(bundle, arrival):
            return Profile(), "none", ()
        text = await isolate.bridge.read(self._raw_env().PROFILES, f"profile:{arrival.visitor}", bundle.deadline)
        status, _, value = text.partition(FIELD)
        if status == "none":
            return Profile(), "store", ()
        found = profile.parse(value, bundle.attributes, arrival.request.at) if status == "ok" else None
        if found is None:
            return None, "none", ("profile-broken" if status == "ok" else f"profile-{status}",)
        return found, "store", ()

    async def log(self, bundle, facts, seen, decisions) -> None:
        """Send the page view's record to the queue, after the response."""
        try:
            page_status, places = log.places(isolate.bridge.report(facts.token))
            message = record.page_view(bundle, seen, decisions, view=facts.nonce, page=facts.page, places=places)
            await self.env.DECISIONS.send(json.dumps(message | {"page_status": page_status}))
        except Exception as error:
            say("log-lost", why=brief(error))

    async def queue(self, batch):
        """Queue → object store: NDJSON, partitioned by date. A batch that is delivered twice is written once."""
        messages = [(str(message.id), str(message.body)) for message in batch.messages]
        for key, text in log.files(messages):
            await self.env.LOG.put(key, text)

    def tell_about(self, facts):
        body = about.describe(isolate.bundle, isolate.published, isolate.refused, facts.at, version_info[:3])
        return Response(json.dumps(body, indent=2), headers={"content-type": "application/json", "cache-control": "no-store"})
