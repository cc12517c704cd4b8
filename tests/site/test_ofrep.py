"""OFREP on a running host: by OpenFeature's own providers for Python, JavaScript servers and browsers, and by hand."""

from __future__ import annotations

import json
import re
import subprocess
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

from compiler.api_keys import generate
from compiler.local import local
from compiler.serve import release
from compiler.sign import public_of
from host.process import Host
from host.tools import ROOT, node
from tests import flags_site
from tests.ofrep_schemas import Schemas
from tests.shop import Shop

TOOLS = ROOT / "tools" / "openfeature" / "node_modules"
KEY = generate("reader", "tests")
GOLD = {"targetingKey": "u1", "country": "US", "plan": "gold", "tier": "silver"}
OTHER = {"targetingKey": "u1", "country": "US", "plan": "none"}
ELSEWHERE = {"targetingKey": "u2", "country": "DE"}
KINDS = {"theme": ("object", {}), "free-shipping-from": ("number", 0), "ratio": ("number", 0), "sale": ("string", ""), "new-checkout": ("boolean", False), "greeting": ("string", "")}


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text) if self.text else None


class Flags(NamedTuple):
    """The running host. `early`: what it answered before the first release."""

    shop: Shop
    early: Reply

    def ask(self, context: Any, flag: str | None = None, **more: Any) -> Reply:
        return post(self.shop.url, flag, json.dumps({"context": context}), **more)


def post(url: str, flag: str | None, body: str | bytes, *, method: str = "POST", key: str | None = KEY.text, query: str = "", **headers: str) -> Reply:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    told = {"content-type": "application/json", **({"authorization": f"Bearer {key}"} if key else {})}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, "/ofrep/v1/evaluate/flags" + (f"/{flag}" if flag is not None else "") + query, body, told)
        response = connection.getresponse()
        return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read().decode())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def flags(tmp_path_factory) -> Flags:
    folder = tmp_path_factory.mktemp("ofrep")
    site, place = flags_site.write(folder / "site"), local(folder / "local")
    secrets = {"TESSERA_COOKIE_KEYS": place.cookie_key.read_text().strip(), "TESSERA_API_KEYS": KEY.entry}
    variables = {"TESSERA_PUBLIC_KEYS": public_of(place.signing_key), "TESSERA_ENV": "production", "TESSERA_POLL_SECONDS": "1"}
    with Host(site / "public", place.state, secrets=secrets, variables=variables) as host:
        early = post(host.url, None, json.dumps({"context": GOLD}))
        shop = Shop(host, place, release(site, place, host.admin).bundle)
        until = time.monotonic() + 20
        while post(host.url, None, json.dumps({"context": GOLD})).status != 200 and time.monotonic() < until:
            time.sleep(0.1)
        host.admin.put_kv("PROFILES", "profile:u2", json.dumps({"v": 2, "attributes": {"visitor.plan": "gold", "visitor.spent": 500.0}}).encode())
        yield Flags(shop, early)


# --- by providers ---------------------------------------------------------------------------------------------------


def details(flag: str, context: dict[str, Any]) -> dict[str, Any]:
    ask = {"object": "object", "number": "integer", "string": "string", "boolean": "boolean"}[KINDS[flag][0]] if flag != "ratio" else "float"
    attributes = {name: value for name, value in context.items() if name != "targetingKey"}
    asked = getattr(api.get_client(), f"get_{ask}_details")(flag, KINDS[flag][1], EvaluationContext(context["targetingKey"], attributes))
    return {"value": asked.value, "reason": str(asked.reason.value), "variant": asked.variant, "metadata": dict(asked.flag_metadata), "error": asked.error_code}


def test_the_provider_for_python(flags):
    api.set_provider(OFREPProvider(flags.shop.url, headers_factory=lambda: {"Authorization": f"Bearer {KEY.text}"}))
    for context in (GOLD, OTHER, ELSEWHERE):
        for flag in KINDS:
            told = flags.ask(context, flag, query="?peek=1").body
            assert details(flag, context) == {"metadata": {}, "error": None} | {name: told[name] for name in told if name != "key"}, flag
    assert (details("free-shipping-from", GOLD)["value"], details("free-shipping-from", OTHER)["value"]) == (40, 60)
    client = api.get_client()
    assert client.get_boolean_details("legacy_menu", True, EvaluationContext("u1", {})).value is True
    missing = client.get_string_details("nowhere", "own", EvaluationContext("u1", {}))
    unnamed = client.get_string_details("sale", "own", EvaluationContext())
    assert [(each.value, each.error_code.value) for each in (missing, unnamed)] == [("own", "FLAG_NOT_FOUND"), ("own", "TARGETING_KEY_MISSING")]


@pytest.fixture(scope="module")
def by_javascript(flags) -> dict[str, Any]:
    if not TOOLS.is_dir():
        pytest.skip("OpenFeature's providers for JavaScript are not installed: make setup-dev")
    asked = [[flag, *kind] for flag, kind in KINDS.items()] + [["legacy_menu", "boolean", True], ["nowhere", "string", "own"]]
    told = json.dumps({"url": flags.shop.url, "key": KEY.text, "contexts": [GOLD, OTHER, ELSEWHERE], "flags": asked})
    done = subprocess.run([node(), Path(__file__).with_name("openfeature.mjs")], input=told, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("provider", ["server", "browser"])
def test_the_providers_for_javascript(flags, by_javascript, provider):
    found = by_javascript["server"] if provider == "server" else by_javascript["browser"]["found"]
    for context, answers in zip((GOLD, OTHER, ELSEWHERE), found):
        every = {flag["key"]: flag for flag in flags.ask(context).body["flags"]}
        for flag in KINDS:
            expected = {"metadata": {}, "error": None} | {name: value for name, value in every[flag].items() if name != "key"}
            assert answers[flag] == expected, flag
        assert answers["legacy_menu"]["value"] is True
        assert (answers["nowhere"]["value"], answers["nowhere"]["error"]) == ("own", "FLAG_NOT_FOUND")


def test_the_browsers_provider_is_told_that_nothing_changed_only_where_nothing_did(by_javascript):
    """The context changes while the targeting key stays, so the provider sends the validator of the answer before."""
    statuses = by_javascript["browser"]["statuses"]
    assert statuses[-1] == 304 and statuses[-3:-1] == [200, 200]


# --- by hand --------------------------------------------------------------------------------------------------------


def test_what_is_stored_of_the_unit_decides_where_it_consents(flags):
    context = {"targetingKey": "u2", "country": "US"}
    value = {flag["key"]: flag.get("value") for flag in flags.ask(context).body["flags"]}
    assert (value["free-shipping-from"], value["greeting"]) == (40, "regular")
    assert flags.ask({"targetingKey": "u2", "country": "DE"}, "greeting").body["value"] == "hello"
    assert flags.ask({"targetingKey": "u2", "country": "DE", "consent": ["personalization"]}, "greeting").body["value"] == "regular"


def test_the_example_of_the_document(flags):
    text = (ROOT / "docs" / "ofrep.md").read_text("utf-8")
    told = re.search(r"curl \S+/flags/(\S+) .*?--data '(\{.*?\})'\n```\n\n```json\n(.*?)\n```", text, re.S)
    assert post(flags.shop.url, told[1], told[2]).body == json.loads(told[3])


def test_validators(flags):
    first = flags.ask(GOLD)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-store" and first.headers["content-type"].startswith("application/json")
    again = flags.ask(GOLD, if_none_match=tag)
    assert (again.status, again.text, again.headers["etag"]) == (304, "", tag)
    assert flags.ask(OTHER, if_none_match=tag).status == 200


def test_one_flag_is_logged_all_of_them_are_not(flags):
    def rows() -> list[dict[str, Any]]:
        lines = (line for key in flags.shop.admin.list_r2("LOG", "decisions/") for line in flags.shop.admin.get_r2("LOG", key).content.splitlines())
        return [row for row in map(json.loads, lines) if str(row["unit"]).startswith("logged-")]

    for number, (flag, query) in enumerate([(None, ""), ("theme", "?peek=1"), ("new-checkout", "")]):
        assert flags.ask(GOLD | {"targetingKey": f"logged-{number}"}, flag, query=query).status == 200
    until = time.monotonic() + 15
    while not rows() and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(0.5)
    (row,) = rows()
    assert (row["unit"], row["slot"], row["experiment"], row["page"], row["page_status"]) == ("logged-2", "new_checkout", "checkout", None, "flag")


REFUSED = [
    ({"body": "{"}, 400, "PARSE_ERROR"), ({"body": b"\xff\xfe"}, 400, "PARSE_ERROR"), ({"body": " " * 70_000}, 400, "PARSE_ERROR"), ({"body": '{"context":{}}'}, 400, "TARGETING_KEY_MISSING"),
    ({"body": "{}", "flag": "theme"}, 400, "INVALID_CONTEXT"), ({"body": " " * 70_000, "flag": "theme"}, 400, "PARSE_ERROR"), ({"flag": "nowhere"}, 404, "FLAG_NOT_FOUND"),
    ({"flag": "a%2Fb%20c"}, 404, "FLAG_NOT_FOUND"), ({"flag": "%ff"}, 400, "PARSE_ERROR"),
]  # fmt: skip


@pytest.mark.parametrize("asked, status, code", REFUSED, ids=range(len(REFUSED)))
def test_what_is_refused(flags, shared, asked, status, code):
    flag = asked.get("flag")
    reply = post(flags.shop.url, flag, asked.get("body", json.dumps({"context": GOLD})))
    assert (reply.status, reply.body["errorCode"]) == (status, code)
    assert Schemas(shared).problems(reply.status, reply.body, bulk=flag is None) == []


def test_credentials_are_needed(flags):
    for key in (None, "tsr_tests_" + "A" * 43, KEY.text[:-1]):
        reply = post(flags.shop.url, None, json.dumps({"context": GOLD}), key=key)
        assert reply.status == 401 and reply.headers["www-authenticate"].startswith("Bearer")
    assert post(flags.shop.url, None, json.dumps({"context": GOLD}), key=None, x_api_key=KEY.text).status == 200


def test_other_methods_and_addresses(flags):
    assert (post(flags.shop.url, None, "", method="GET").status, post(flags.shop.url, "theme", "", method="DELETE").headers["allow"]) == (405, "POST")
    assert flags.ask(GOLD, "").status == 404


def test_before_the_first_release_it_says_so_in_the_protocols_words(flags):
    assert flags.early.status == 500 and flags.early.body["errorDetails"] and flags.early.headers["retry-after"]


def test_every_answer_is_one_of_the_documents(flags, shared):
    schemas = Schemas(shared)
    for context in (GOLD, OTHER, ELSEWHERE):
        assert schemas.problems(200, flags.ask(context).body, bulk=True) == []
        for flag in (*KINDS, "legacy_menu"):
            assert schemas.problems(200, flags.ask(context, flag, query="?peek=1").body, bulk=False) == []
