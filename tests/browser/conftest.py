"""Chromium in front of the running shop; visitors with facts, cookies and a screen of their own."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator, Mapping
from urllib.parse import urlsplit

import pytest

from tests.shop import BROWSER, Shop
from tests.views import NEW_YORK

SCREENSHOTS = Path(__file__).parent / "screenshots"
QUIET = (  # nothing but the shop is asked for anything
    "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-default-apps", "--disable-domain-reliability", "--disable-sync", "--disable-client-side-phishing-detection",
    "--no-first-run", "--no-pings", "--metrics-recording-only", "--disable-features=OptimizationHints,MediaRouter,Translate",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
# the name of a browser that people use: one that says "headless" is a robot to the product
DESKTOP = {"user_agent": BROWSER, "viewport": {"width": 1280, "height": 800}}
PHONE = {"user_agent": BROWSER.replace("X11; Linux x86_64", "Linux; Android 16").replace("Safari", "Mobile Safari"), "viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}  # fmt: skip


def told(shop: Shop, facts: Mapping[str, Any]) -> dict[str, str]:
    """The headers by which the host believes these facts."""
    return {"tessera-host-token": shop.host.token, "tessera-host-facts": json.dumps(dict(facts))}


@pytest.fixture(scope="session")
def launch() -> Iterator[Any]:
    """launch(**options): a Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("suite skipped: no Chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="suite skipped: no Playwright")
    with sync_api.sync_playwright() as playwright:
        yield lambda **options: playwright.chromium.launch(executable_path=path, args=list(QUIET), **options)


@pytest.fixture(scope="session")
def chromium(launch: Any) -> Iterator[Any]:
    browser = launch()
    yield browser
    browser.close()


@dataclass
class Person:
    """A visitor with a browser profile of their own, and what their browser complained of and asked for."""

    shop: Shop
    context: Any
    page: Any = None
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def open(self, path: str = "/", **options: Any) -> Any:
        """Open a page in the current tab; returns the response."""
        if self.page is None:
            self.new_tab()
        return self.page.goto(self.shop.url + path, wait_until="load", **options)

    def new_tab(self) -> Any:
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("requestfailed", self._failed)
        self.page.on("request", self._asked)
        return self.page

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # so it is when the visitor leaves before a picture has come
            self.errors.append(f"{request.url}: {request.failure}")

    def _asked(self, request: Any) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.shop.url).netloc and not request.url.startswith(("data:", "blob:")):
            self.strangers.append(request.url)

    def cookies(self) -> dict[str, dict[str, Any]]:
        return {cookie["name"]: cookie for cookie in self.context.cookies()}

    def text(self, selector: str) -> str:
        return self.page.locator(selector).first.inner_text().strip()

    def shot(self, name: str, **options: Any) -> Path:
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", **options)
        return SCREENSHOTS / f"{name}.png"


@pytest.fixture
def person(chromium: Any, shop: Shop) -> Iterator[Any]:
    """person(facts, cookies, javascript, screen, headers): a visitor. Afterwards no browser may have complained or strayed."""
    people: list[Person] = []

    def make(
        facts: Mapping[str, Any] = NEW_YORK,
        cookies: Mapping[str, str] = {},
        javascript: bool = True,
        screen: Mapping[str, Any] = DESKTOP,
        headers: Mapping[str, str] = {},
    ) -> Person:
        context = chromium.new_context(java_script_enabled=javascript, extra_http_headers={**told(shop, facts), **headers}, **screen)
        context.set_default_timeout(10_000)
        context.add_cookies([{"name": name, "value": value, "url": shop.url} for name, value in cookies.items()])
        people.append(Person(shop, context))
        return people[-1]

    yield make
    for visitor in people:
        visitor.context.close()
    assert [error for visitor in people for error in visitor.errors] == []
    assert [url for visitor in people for url in visitor.strangers] == []
