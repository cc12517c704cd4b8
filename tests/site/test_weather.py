"""The weather where the visitor is: looked up after the response, kept for a while, and never waited for."""

from __future__ import annotations

import json
import time

import pytest

from compiler.local import local
from compiler.serve import assets_of, host_for, release
from tests.shop import Shop
from tests.site.origin import Origin, Told

pytestmark = pytest.mark.xdist_group("assignments")

FILES = {
    "site.yaml": "tessera: 1\nhosts: [localhost, 127.0.0.1]\npages: {home: /}\njurisdictions: {rest: {allow: []}}\nassets: {dir: public}\n",
    "content/sky.html": '<b>{{request.weather | "unknown"}} {{request.temperature | "?"}}</b>',
    "content/sky.yaml": "fields: {}\nvariants: {told: {}, wet: {}}\n",
    "slots/sky.yaml": (
        "place: {page: home, selector: \"#sky\", do: inner}\ncomponent: sky\n"
        "ladder: {cohort: [{rule: wet, when: 'request.weather == \"rain\" && request.temperature < 15.0', show: wet}], default: told}\n"
    ),
    "public/index.html": "<!doctype html><title>t</title><body><p id=sky>as it was</p></body>",
}
LONDON, PARIS = {"latitude": "51.51", "longitude": "-0.13"}, {"latitude": "48.86", "longitude": "2.35"}


def told(code: int, degrees: float) -> Told:
    return Told(json.dumps({"current": {"weather_code": code, "temperature_2m": degrees}}).encode(), type="application/json")


@pytest.fixture(scope="module")
def service():
    broken = Told(b"<html>", status=500)
    with Origin(pages={"/51.5,-0.25": told(61, 12.5), "/48.75,2.25": broken}) as running:
        yield running


@pytest.fixture(scope="module")
def shop(service, tmp_path_factory):
    root = tmp_path_factory.mktemp("weather")
    for name, text in FILES.items():
        (root / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "site" / name).write_text(text)
    place = local(root / "local")
    host = host_for(assets_of(root / "site"), place)
    host.variables["TESSERA_WEATHER"] = f"{service.url}/{{latitude}},{{longitude}}"
    host.start()
    yield Shop(host, place, release(root / "site", place, host.admin).bundle)
    host.stop()


def sky(shop: Shop, **facts: str) -> str:
    text = shop.get("/", facts=facts).text
    return text.partition("<b>")[2].partition("</b>")[0]


def eventually(shop: Shop, words: str, **facts: str) -> bool:
    until = time.monotonic() + 10
    while (found := sky(shop, **facts)) != words and time.monotonic() < until:
        time.sleep(0.1)
    return found == words


def asked(service: Origin, path: str) -> int:
    return sum(request.path == path for request in service.asked)


def test_nobody_waits_and_the_next_one_knows(shop, service):
    assert eventually(shop, "unknown ?", country="GB")  # the release is there
    assert sky(shop, **LONDON) == "unknown ?"
    assert eventually(shop, "rain 12.50", **LONDON)
    assert sky(shop, latitude="51.55", longitude="-0.2") == "rain 12.50", "a place nearby has the same"
    assert asked(service, "/51.5,-0.25") == 1


def test_a_service_that_fails_leaves_it_unknown(shop, service):
    for _ in range(3):
        assert sky(shop, **PARIS) == "unknown ?"
    until = time.monotonic() + 10
    while "weather-failed" not in shop.get("/.well-known/tessera").text and time.monotonic() < until:
        time.sleep(0.1)
    assert json.loads(shop.get("/.well-known/tessera").body)["counts"]["weather-failed"] == 1
    assert asked(service, "/48.75,2.25") == 1, "not again at once"


@pytest.mark.parametrize("latitude, longitude", [("x", "1"), ("", "1"), ("NaN", "NaN"), ("1e999", "1")])
def test_a_place_that_is_none_is_not_asked_for(shop, service, latitude, longitude):
    before = len(service.asked)
    assert sky(shop, latitude=latitude, longitude=longitude) == "unknown ?"
    assert len(service.asked) == before
