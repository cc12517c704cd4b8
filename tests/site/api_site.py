"""The example shop with slots of every channel, as callers of the HTTP API see it; and a host that has keys for them."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from compiler.api_keys import generate
from compiler.local import local
from compiler.serve import assets_of, host_for, release
from tests.shop import STORE, Shop

ROLES = ("reader", "writer", "admin")
COMPONENT = "fields: {headline: text, link: link}\nvariants:\n  basket: {headline: Your basket is waiting, link: /cart}\n  tasting: {headline: 'Taste & tell', link: /p/first-flight}\n"
SLOTS = {
    "mail_basket": "place: {channel: email}\ncomponent: notice\nladder:\n  segment:\n    - {rule: mail_cart, when: 'visitor.cart_value > 0.0', show: basket, campaign: cart_recovery}\n  default: none\n",
    "app_notice": "place: {channel: mobile}\ncomponent: notice\nladder:\n  cohort:\n    - {rule: app_german, when: 'request.country == \"DE\"', show: tasting}\n  default: basket\n",
    "ad_line": "place: {channel: ads, field: headline}\ncomponent: notice\nladder: {default: tasting}\n",
}
VIEWED = "viewed: {type: int, purpose: personalization, keep: 30d, from: events.view_item}"
_opener = build_opener(ProxyHandler({}))


def write(folder: Path) -> Path:
    """The site's folder."""
    site = shutil.copytree(STORE, folder / "site")
    settings = (site / "site.yaml").read_text()
    (site / "site.yaml").write_text(settings.replace("  visitor:\n", f"  visitor:\n    {VIEWED}\n", 1))
    for slot in (site / "slots").glob("*.yaml"):
        if "channel:" in (text := slot.read_text()):  # of other channels there are those below alone
            slot.unlink()
            for part in (site / "content").glob(re.search(r"^component: (\w+)", text, re.MULTILINE)[1] + ".*"):
                part.unlink()
    (site / "content" / "notice.yaml").write_text(COMPONENT)
    (site / "content" / "notice.html").write_text('<p><a href="{{link}}">{{headline}}</a></p>')
    for name, text in SLOTS.items():
        (site / "slots" / f"{name}.yaml").write_text(text)
    return site


@dataclass(frozen=True)
class Told:
    """A response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Api:
    """The API of a running host, and a key for each role."""

    shop: Shop
    keys: Mapping[str, str]

    def ask(self, method: str, path: str, body: Any = None, role: str | None = "admin", headers: Mapping[str, str] = {}) -> Told:
        """Call it. `body`: bytes as they are, or what is sent as JSON; `path`: below /api/v1/, or an absolute one."""
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        own = {"content-type": "application/json"} | ({"authorization": f"Bearer {self.keys[role]}"} if role else {})
        url = self.shop.url + (path if path.startswith("/") else f"/api/v1/{path}")
        try:
            with _opener.open(Request(url, sent, own | dict(headers), method=method), timeout=60) as response:
                return Told(response.status, {name.lower(): value for name, value in response.headers.items()}, response.read())
        except HTTPError as error:
            with error:
                return Told(error.code, {name.lower(): value for name, value in error.headers.items()}, error.read())


def start(root: Path) -> Api:
    """Stop it with `api.shop.host.stop()`."""
    site, place = write(root), local(root / "local")
    keys = {role: generate(role, role) for role in ROLES}
    host = host_for(assets_of(site), place)
    host.secrets["TESSERA_API_KEYS"] = ",".join(key.entry for key in keys.values())
    host.start()
    return Api(Shop(host, place, release(site, place, host.admin).bundle), {role: key.text for role, key in keys.items()})
