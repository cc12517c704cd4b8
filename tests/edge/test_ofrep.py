"""OFREP's answers, from the call's text to the answer's: values, reasons, errors, validators, and what is logged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.pipeline import compile_site
from tests import flags_site
from tests.edge import effort  # noqa: F401
from tests.flags_site import AFTER, BEFORE
from tests.ofrep_schemas import Schemas
from tessera import ofrep
from tessera.bundle import load, unseal
from tessera.identity import account_key
from tessera.resolved import Bundle

RECORD = "\x1e"
US = {"targetingKey": "u1", "country": "US"}
GERMANY = {"targetingKey": "u1", "country": "DE"}
KNOWN = {"plan": "gold", "spent": 5.0}  # so that no store need be asked


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Any
    logged: list[dict[str, Any]]
    needs: list[str]

    @property
    def flags(self) -> dict[str, dict[str, Any]]:
        return {flag["key"]: flag for flag in self.body["flags"]}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Bundle:
    return load(unseal(compile_site(flags_site.write(tmp_path_factory.mktemp("flags")), shown="").bundle))


@pytest.fixture(scope="module")
def schemas(shared: Path) -> Schemas:
    return Schemas(shared)


def called(bundle: Bundle | None, body: Any, key: str | None = None, **more: Any) -> Answer:
    """Take the call's turn as the bridge does. `stored`: what the store tells where it is asked."""
    stored = more.pop("stored", ["none", ""])
    told = {
        "family": "ofrep", "method": "POST", "path": ["evaluate", "flags", *([key] if key is not None else [])], "query": {}, "headers": {},
        "text": body if isinstance(body, str) else json.dumps(body), "role": "reader", "subject": "k1", "at": BEFORE, "nonce": "n1", "facts": "",
    } | more  # fmt: skip
    needs: list[str] = []
    while True:
        head, *rest = ofrep.answer(bundle, told).split(RECORD)
        head = json.loads(head)
        if "need" not in head:
            break
        assert head["need"]["what"] == "reads" and not needs
        needs = head["need"]["keys"]
        told["reads"] = {key: stored if key.startswith("profile:") else ["none", ""] for key in needs}
    body, *messages = rest
    assert all(message.startswith("DECISIONS ") for message in messages)
    return Answer(head["status"], head["headers"], json.loads(body) if body else None, [json.loads(m.partition(" ")[2]) for m in messages], needs)


def asked(bundle: Bundle, context: dict[str, Any], key: str | None = None, **more: Any) -> Answer:
    return called(bundle, {"context": context}, key, **more)


# --- values and reasons ---------------------------------------------------------------------------------------------

PROFILE = json.dumps({"attributes": {"visitor.plan": "gold", "visitor.spent": 250.0}})
UNTOLD = object()
FLAGS = [
    # flag, context, what the store holds → value, variant, reason, metadata
    ("theme", US, None, {"colour": "#000", "sizes": [1, 2]}, "dark", "STATIC", None),
    ("legacy_menu", US, None, UNTOLD, "none", "DISABLED", None),
    ("free-shipping-from", US, None, 60, "usual", "UNKNOWN", {"tessera.reason": "default", "owner": "logistics"}),
    ("free-shipping-from", US, PROFILE, 40, "low", "TARGETING_MATCH", {"owner": "logistics"}),
    ("free-shipping-from", US | {"plan": "gold"}, None, 40, "low", "TARGETING_MATCH", {"owner": "logistics"}),
    ("free-shipping-from", US | {"visitor": {"plan": "gold"}}, None, 40, "low", "TARGETING_MATCH", {"owner": "logistics"}),
    ("free-shipping-from", US | {"visitor.plan": "silver"}, PROFILE, 60, "usual", "UNKNOWN", {"tessera.reason": "default", "owner": "logistics"}),
    ("free-shipping-from", US | {"plan": 7}, PROFILE, 40, "low", "TARGETING_MATCH", {"owner": "logistics"}),
    ("free-shipping-from", GERMANY | {"plan": "gold"}, PROFILE, 60, "usual", "UNKNOWN", {"tessera.reason": "consent", "owner": "logistics"}),
    ("free-shipping-from", GERMANY | {"consent": ["personalization"]}, PROFILE, 40, "low", "TARGETING_MATCH", {"owner": "logistics"}),
    ("free-shipping-from", GERMANY | {"consent": "personalization.analytics"}, PROFILE, 40, "low", "TARGETING_MATCH", {"owner": "logistics"}),
    ("free-shipping-from", US | {"consent": []}, PROFILE, 60, "usual", "UNKNOWN", {"tessera.reason": "consent", "owner": "logistics"}),
    ("free-shipping-from", US | {"consent": 1}, PROFILE, 60, "usual", "UNKNOWN", {"tessera.reason": "consent", "owner": "logistics"}),
    ("free-shipping-from", US | {"subdivision": "CA", "gpc": True}, PROFILE, 60, "usual", "UNKNOWN", {"tessera.reason": "consent", "owner": "logistics"}),
    ("greeting", US, PROFILE, "regular", "regular", "TARGETING_MATCH", None),
    ("greeting", US, None, "hello", "hello", "UNKNOWN", {"tessera.reason": "default"}),
    ("ratio", US | {"tier": "silver"}, None, 0.5, "half", "TARGETING_MATCH", None),
    ("ratio", US | {"visitor.tier": "silver"}, None, 1.0, "whole", "UNKNOWN", {"tessera.reason": "default"}),
    ("new-checkout", GERMANY, None, False, "off", "TARGETING_MATCH", {"tessera.reason": "consent"}),
]


@pytest.mark.parametrize("key, context, stored, value, variant, reason, metadata", FLAGS, ids=[f"{i}-{row[0]}" for i, row in enumerate(FLAGS)])
def test_value_variant_reason_and_metadata(bundle, key, context, stored, value, variant, reason, metadata):
    told = ["ok", stored] if stored else ["none", ""]
    one, every = asked(bundle, context, key, stored=told), asked(bundle, context, stored=told)
    assert one.status == every.status == 200
    expected = {"key": key, "reason": reason, "variant": variant} | ({} if value is UNTOLD else {"value": value}) | ({} if metadata is None else {"metadata": metadata})
    assert one.body == every.flags[key] == expected


def test_an_arm_is_by_the_targeting_key_and_is_told(bundle):
    arms = {}
    for number in range(200):
        flag = asked(bundle, US | KNOWN | {"targetingKey": f"visitor {number}"}, "new-checkout").body
        assert flag["reason"] == "SPLIT" and flag["value"] is (flag["metadata"]["tessera.arm"] == "treatment")
        arms[number] = flag["metadata"]
        assert flag == asked(bundle, US | KNOWN | {"targetingKey": f"visitor {number}"}).flags["new-checkout"]
    assert {arm["tessera.experiment"] for arm in arms.values()} == {"checkout"}
    assert 70 < sum(arm["tessera.arm"] == "treatment" for arm in arms.values()) < 130


def test_a_slot_goes_by_its_own_name_too(bundle):
    assert asked(bundle, US | KNOWN, "free_shipping").body["key"] == "free_shipping"
    assert asked(bundle, US | KNOWN).flags.keys() == {"theme", "legacy_menu", "free-shipping-from", "greeting", "ratio", "new-checkout", "sale"}


# --- what is stored of the unit -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "context, needs",
    [
        (US, ["profile:u1", "facts:u1"]), (US | KNOWN, []), (US | {"plan": "gold"}, ["profile:u1", "facts:u1"]), (GERMANY, []), (GERMANY | {"consent": "all"}, ["profile:u1", "facts:u1"]),
        (GERMANY | {"consent": ["analytics"]}, []), (US | {"targetingKey": "jane@example.com"}, []), (US | {"targetingKey": "a" * 65}, []),
        (US | {"targetingKey": "../u1"}, []),
    ],
)  # fmt: skip
def test_the_store_is_asked_only_where_it_could_matter(bundle, context, needs):
    assert asked(bundle, context).needs == needs


@pytest.mark.parametrize("stored", [["late", ""], ["error", "down"], ["ok", "{garbage"], ["ok", "[]"], ["ok", "[" * 70_000]])
def test_a_store_that_fails_leaves_the_flags_without_it(bundle, stored):
    told = asked(bundle, US, "free-shipping-from", stored=stored)
    assert (told.status, told.body["value"]) == (200, 60)
    assert told.logged[0]["view"]["fallbacks"] == ["profile-broken" if stored[0] == "ok" else f"profile-{stored[0]}"]


def test_an_arm_that_is_kept_is_told_and_nobody_is_given_one(tmp_path):
    """Asking enrols nobody: what a visitor got before is read, and asking for all flags leaves no trace."""
    site = flags_site.write(tmp_path / "site")
    (site / "experiments" / "checkout.yaml").write_text("sticky: true\n" + flags_site.FILES["experiments/checkout.yaml"])
    bundle = load(unseal(compile_site(site, shown="").bundle))
    for arm, value in (("control", False), ("treatment", True)):
        stored = ["ok", json.dumps({"v": 2, "attributes": {}, "sticky": {"checkout__0": arm, "other__0": 5}})]
        for number in range(8):
            told = asked(bundle, US | KNOWN | {"targetingKey": f"u{number}"}, stored=stored)
            assert told.flags["new-checkout"]["value"] is value and told.logged == []
    assert asked(bundle, US | KNOWN).needs == ["profile:u1", "facts:u1"]


def test_of_somebody_who_was_erased_nothing_is_known_or_said(bundle):
    told = asked(bundle, US, "new-checkout", stored=["ok", '{"v": 2, "erased": 1795000000.0}'])
    assert (told.status, told.body["reason"]) == (200, "TARGETING_MATCH") and "tessera.arm" not in told.body.get("metadata", {})
    assert told.logged[0]["view"]["unit"] is None and "u1" not in json.dumps(told.logged)


def test_an_account_by_its_name(bundle):
    key = account_key("flags", "jane@example.com")
    told = asked(bundle, US | {"targetingKey": "account:jane@example.com"}, "free-shipping-from", stored=["ok", PROFILE])
    assert (told.needs, told.body["value"]) == ([f"profile:{key}", f"facts:{key}"], 40)
    assert "jane" not in json.dumps(told.logged) and told.logged[0]["view"]["unit"] == key


@pytest.mark.parametrize("level, value", [("individual", 40), ("segment", 60), ("cohort", 60), ("default", 60)])
def test_how_far_personalisation_goes_is_the_visitors_choice(bundle, level, value):
    stored = ["ok", json.dumps({"v": 2, "attributes": {"visitor.plan": "gold"}, "level": level})]
    assert asked(bundle, US, "free-shipping-from", stored=stored).body["value"] == value
    chosen = f"personalization.level-{level}"
    assert asked(bundle, US | {"plan": "gold", "spent": 1.0, "consent": chosen}, "free-shipping-from").body["value"] == value


# --- validators -----------------------------------------------------------------------------------------------------


def tag_of(bundle: Bundle, context: dict[str, Any], **more: Any) -> str:
    return asked(bundle, context, **more).headers["etag"]


def test_not_modified_is_said_for_the_same_question_with_the_same_answer_alone(bundle):
    """Another context, another profile, another time: never 304, also where the flags happen to be the same."""
    first = asked(bundle, US, stored=["ok", PROFILE])
    again = {"headers": {"if-none-match": first.headers["etag"]}}
    same = asked(bundle, US, stored=["ok", PROFILE], **again)
    assert (same.status, same.body, same.headers) == (304, None, first.headers)
    assert asked(bundle, dict(reversed(US.items())), stored=["ok", PROFILE], **again).status == 304
    for context in (US | {"plan": "silver"}, US | {"targetingKey": "u2"}, US | {"anything": 1}, US | {"consent": []}, US | {"country": "CA"}):
        assert asked(bundle, context, stored=["ok", PROFILE], **again).status == 200
    for more in ({"stored": ["none", ""]}, {"stored": ["late", ""]}, {"stored": ["ok", PROFILE], "at": AFTER}):
        assert asked(bundle, US, **more, **again).status == 200
    sale = [asked(bundle, US | KNOWN, at=at).flags["sale"]["value"] for at in (BEFORE, AFTER)]
    assert sale == ["running", "over"]


@pytest.mark.parametrize("form, status", [("{}", 304), ("W/{}", 304), ('"x", {}', 304), ("*", 200), ("", 200), ('"', 200), ("bare", 304), ("{}x", 200)])
def test_validators_as_clients_send_them(bundle, form, status):
    tag = tag_of(bundle, US | KNOWN)
    header = tag.strip('"') if form == "bare" else form.format(tag)
    assert asked(bundle, US | KNOWN, headers={"if-none-match": header}).status == status


def test_another_release_is_another_validator(bundle, tmp_path):
    site = flags_site.write(tmp_path / "site")
    (site / "public" / "index.html").write_text("<!doctype html><title>x</title><p id=greeting>Hello</p>\n")
    (site / "slots" / "theme.yaml").write_text("values: {dark: {colour: '#000', sizes: [1, 2]}, light: {colour: '#ffe'}}\nladder: {default: dark}\n")
    other = load(unseal(compile_site(site, shown="").bundle))
    assert tag_of(other, US | KNOWN) != tag_of(bundle, US | KNOWN)


# --- what is logged -------------------------------------------------------------------------------------------------


def test_one_flag_is_a_decision_all_of_them_and_a_peek_are_none(bundle):
    """Reading what somebody would get, or got before, enrols nobody."""
    (message,) = asked(bundle, US | KNOWN, "new-checkout").logged
    view = message["view"]
    assert (view["id"], view["unit"], view["page"], message["page_status"]) == ("n1", "u1", None, "flag")
    assert [(slot["slot"], slot["experiment"]) for slot in view["slots"]] == [("new_checkout", "checkout")]
    assert asked(bundle, US | KNOWN).logged == [] == asked(bundle, US | KNOWN, "new-checkout", query={"peek": "1"}).logged
    assert len(asked(bundle, US | KNOWN, "new-checkout", query={"peek": "0"}).logged) == 1
    assert asked(bundle, US | KNOWN, "nowhere").logged == [] == called(bundle, "", "theme").logged


def test_without_consent_nobody_is_named_in_the_log(bundle):
    (message,) = asked(bundle, GERMANY | KNOWN, "new-checkout").logged
    assert message["view"]["unit"] is None and "visitor.plan" not in message["view"]["inputs"] and "u1" not in json.dumps(message)


# --- what is refused ------------------------------------------------------------------------------------------------

BAD = [
    ("", "INVALID_CONTEXT"), ("{", "PARSE_ERROR"), ("[" * 100, "PARSE_ERROR"), (" " * 65_537, "PARSE_ERROR"), ("null", "INVALID_CONTEXT"), ("[]", "INVALID_CONTEXT"),
    ("{}", "INVALID_CONTEXT"), ('{"context": null}', "INVALID_CONTEXT"), ('{"context": []}', "INVALID_CONTEXT"), ('{"context": {}}', "TARGETING_KEY_MISSING"),
    ('{"context": {"targetingKey": ""}}', "TARGETING_KEY_MISSING"), ('{"context": {"targetingKey": null}}', "TARGETING_KEY_MISSING"),
    ('{"context": {"targetingKey": 5}}', "INVALID_CONTEXT"), (json.dumps({"context": {"targetingKey": "a" * 1025}}), "INVALID_CONTEXT"),
    ('{"context": {"targetingKey": "a", "n": ' + "9" * 5000 + "}}", "PARSE_ERROR"),
]  # fmt: skip


@pytest.mark.parametrize("text, code", BAD, ids=range(len(BAD)))
def test_contexts_that_cannot_be_evaluated(bundle, text, code):
    one, every = called(bundle, text, "theme"), called(bundle, text)
    assert (one.status, one.body["errorCode"], one.body["key"]) == (400, code, "theme")
    assert (every.status, every.body["errorCode"], "key" in every.body) == (400, code, False)
    assert one.body["errorDetails"] == every.body["errorDetails"] and "a" * 200 not in every.body["errorDetails"]


@pytest.mark.parametrize(
    "more, status",
    [
        ({"key": "nowhere"}, 404), ({"key": "__proto__"}, 404), ({"key": ""}, 404), ({"path": ["evaluate"]}, 404), ({"path": [""]}, 404),
        ({"path": ["evaluate", "flags", "a", "b"]}, 404), ({"method": "GET"}, 405), ({"method": "PUT", "key": "theme"}, 405),
    ],
)  # fmt: skip
def test_addresses_and_methods(bundle, more, status):
    told = asked(bundle, US | KNOWN, more.pop("key", None), **more)
    assert told.status == status and told.body["errorDetails"]
    assert told.headers == ({"allow": "POST"} if status == 405 else {})


# --- the document ---------------------------------------------------------------------------------------------------

_names = st.sampled_from(["targetingKey", "country", "plan", "visitor", "visitor.plan", "spent", "tier", "consent", "gpc", "request", "request.country", "user_agent", "ip", "url", "session.id"])
_json = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names | st.text(max_size=5), inner, max_size=4), max_leaves=12)
CONTEXTS = st.dictionaries(_names, _json, max_size=6) | st.dictionaries(_names, _json, max_size=6).map(lambda each: {**each, "targetingKey": "u1"})
KEYS = st.sampled_from([None, "theme", "legacy_menu", "free-shipping-from", "greeting", "ratio", "new-checkout", "sale", "nowhere"])


@given(context=CONTEXTS, key=KEYS, stored=st.sampled_from([["none", ""], ["late", ""], ["ok", PROFILE]]))
def test_every_answer_is_one_of_the_documents(bundle, schemas, context, key, stored):
    told = asked(bundle, context, key, stored=stored)
    assert schemas.problems(told.status, told.body, bulk=key is None) == []


def test_the_document_itself_is_the_version_that_is_meant(schemas):
    assert schemas.document["info"]["version"] == ofrep.VERSION
    assert schemas.problems(200, {"key": "a", "reason": "DEFAULT", "value": 1}, bulk=False) and schemas.problems(200, {"key": "a", "reason": "STATIC", "value": None}, bulk=False)
