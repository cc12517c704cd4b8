"""The example shop in the older native runtime; every test that uses it runs where the shop runs in the embedded host."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from asking import Reply
from compiler.local import Local
from compiler.pipeline import compile_site
from compiler.releases.stores import COPY, POINTER
from compiler.serve import FACTS, assets_of, release
from compiler.sign import generate, public_of, sign
from host.admin import Admin
from native_host import INSTALLED, NativeHost
from tests.releasing import pointer
from tests.shop import BROWSER, STORE, Shop
from tessera.bundle import unseal

PATIENCE = 20.0  # seconds that a release may take to be followed


@dataclass(frozen=True)
class Native:
    """The running Worker. `empty`: the home page before anything was published; `refused`: while only a forged bundle was."""

    host: NativeHost
    place: Local
    facts: dict[str, Any]
    empty: Reply
    refused: Reply
    why: str

    def about(self) -> dict[str, Any]:
        return self.host.get("/.well-known/tessera").json()

    def get(self, path: str = "/", **asked: Any) -> Reply:
        return self.host.get(path, **{**asked, "headers": {"user-agent": BROWSER, "cf-connecting-ip": self.facts["ip"]} | asked.get("headers", {})})

    def page(self, headers: dict[str, str], **asked: Any) -> Reply:
        """The home page with the origin's answer as `headers` tell."""
        return self.get("/", headers=headers, **asked)


@pytest.fixture(scope="session")
def native(shop: Shop, tmp_path_factory):
    if not INSTALLED:
        pytest.skip("suite skipped: the older runtime is not installed (make setup-dev)")
    state = tmp_path_factory.mktemp("native")
    forger = state / "forger.key"
    generate(forger)
    forged = public_of(forger).split(":")[0] + ":" + public_of(shop.place.signing_key).split(":")[1]  # its name, but the shop's key
    variables = {
        "TESSERA_COOKIE_KEYS": shop.place.cookie_key.read_text().strip(),
        "TESSERA_PUBLIC_KEYS": f"{public_of(shop.place.signing_key)},{forged}",
        "TESSERA_POLL_SECONDS": "0.2",
        "TESSERA_ORIGIN_DEADLINE": "700",
    }
    facts = {**FACTS, "now": int(time.time() * 1000)}
    with NativeHost(assets_of(STORE), state, variables, facts) as host:
        empty = host.get("/")
        put(host.admin, shop.place, sign(compile_site(STORE).bundle, forger))
        why = wait_for(lambda: next((w for w in [host.get("/.well-known/tessera").json()["refused"]] if "signature" in w), None))
        refused = host.get("/")
        go_live(host, shop.place, STORE)
        yield Native(host, shop.place, facts, empty, refused, why)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """A test during which the runtime gave up is begun again, twice at most."""
    native = pyfuncitem.funcargs.get("native")
    if native is None:
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    for more in (2, 1, 0):
        starts = native.host.starts
        try:
            pyfuncitem.obj(**arguments)
            return True
        except Exception:
            if not more or not given_up_since(native.host, starts):
                raise


def given_up_since(host: NativeHost, starts: int) -> bool:
    """Whether it gave up since that start; if so, it runs again."""
    if host.gave_up():
        host.start_again()
    return host.starts > starts


def put(admin: Admin, place: Local, data: bytes) -> None:
    """Store a bundle and point at it; no check is made."""
    name = unseal(data).name
    told = pointer(place.signing_key, name)
    admin.put_r2("BUNDLES", f"bundles/{name}.tessera", data)
    admin.put_r2("BUNDLES", POINTER, told)
    admin.put_kv("RELEASES", COPY, told)


def go_live(host: NativeHost, place: Local, site: Path) -> None:
    """Release a site, now and wherever the runtime is started again."""
    def follow() -> None:
        live = release(site, place, host.admin)
        wait_for(lambda: host.get("/.well-known/tessera").json()["bundle"] == live.bundle)

    host.recover = follow
    follow()


def wait_for(ask) -> Any:
    """What `ask` gives once it is true."""
    until = time.monotonic() + PATIENCE
    while not (found := ask()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.1)
    return found
