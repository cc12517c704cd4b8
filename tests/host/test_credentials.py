"""Who calls the HTTP API (edge/credentials.mjs), in workerd: API keys, access tokens, roles, and how a refusal reads."""

from __future__ import annotations

import json
from datetime import date

import pytest

from compiler.api_keys import generate
from plain_worker import issuer as running_issuer
from plain_worker import plain
from tokens import AUDIENCE, CLAIMS, GONE, ISSUER, NOW, SECRET, digest, jwk, rsa_key, token

pytestmark = pytest.mark.xdist_group("plain")

TODAY = date(2026, 12, 1)  # the day of NOW
KEYS = {role: generate(role, f"the-{role}") for role in ("reader", "writer", "admin")}
ENDING = {"today": generate("reader", "ends", TODAY), "yesterday": generate("reader", "ended", date(2026, 11, 30))}
ROTATED = [generate("reader", "rotated"), generate("writer", "rotated")]
ALL = ", ".join(key.entry for key in (*KEYS.values(), *ENDING.values(), *ROTATED))
OAUTH = {"issuer": ISSUER, "audience": AUDIENCE, "algorithm": "HS256", "secret_name": "OAUTH_SECRET"}
INVALID = {"status": 401, "type": "invalid-credentials"}


@pytest.fixture(scope="module")
def worker():
    with plain(bindings={"TESSERA_ENV": "development", "OAUTH_SECRET": SECRET}) as running:
        yield running


def settings(oauth=OAUTH, keys=ALL, **more) -> dict:
    return {"TESSERA_API_KEYS": keys, "TESSERA_OAUTH": oauth if isinstance(oauth, str) else json.dumps(oauth), **more}


def ask(worker, *, now=NOW, needs=None, given=None, **headers) -> dict:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return worker("authorise", headers=sent, settings=settings() if given is None else given, now=now, needs=needs)


def bearer(worker, text: str, **more) -> dict:
    return ask(worker, authorization=f"Bearer {text}", **more)


def without_header(refusal: dict) -> dict:
    return {name: value for name, value in refusal.items() if name != "header"}


@pytest.mark.parametrize("role", KEYS)
def test_a_key_names_its_holder(worker, role):
    expected = {"role": role, "subject": f"the-{role}", "kind": "key"}
    key = KEYS[role].text
    assert [bearer(worker, key), ask(worker, x_api_key=key), ask(worker, authorization=f"bEARER   {key}")] == [expected] * 3


def changed(text: str, at: int) -> str:
    at %= len(text)
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


WRITER = KEYS["writer"].text
STRANGE = [
    ("unknown", generate("writer", "nobody").text, "unknown-key"),
    ("of a known name", generate("writer", "the-writer").text, "unknown-key"),
    ("with another's name", WRITER.replace("writer", "admin"), "unknown-key"),
    ("with a name in capitals", WRITER.replace("writer", "Writer"), "unknown-key"),
    ("a character too short", WRITER[:-1], "malformed"),
    ("a character too long", WRITER + "A", "malformed"),
    ("without a name", "tsr__" + WRITER[-43:], "malformed"),
    ("the digest for the secret", f"tsr_the-writer_{KEYS['writer'].entry.split(':')[2]}", "unknown-key"),
    ("the prefix alone", "tsr_", "malformed"),
    ("with a colon", WRITER.replace("the-", "the:"), "malformed"),
    ("long", "tsr_" + "a" * 9_000, "too-long"),
]
STRANGE += [(f"another character at {at}", changed(WRITER, at), "unknown-key") for at in (4, 10, -43, -20, -2, -1)]


@pytest.mark.parametrize("name, key, why", STRANGE, ids=[row[0] for row in STRANGE])
def test_keys_that_are_refused(worker, name, key, why):
    assert without_header(bearer(worker, key)) == INVALID | {"why": why}


def test_a_key_is_good_until_the_end_of_its_last_day(worker):
    midnight = 1_796_169_600_000
    assert bearer(worker, ENDING["today"].text, now=midnight - 1)["subject"] == "ends"
    assert bearer(worker, ENDING["today"].text, now=midnight)["why"] == "expired"
    assert bearer(worker, ENDING["yesterday"].text)["why"] == "expired"


def test_two_keys_of_one_name_are_good_at_once(worker):
    assert [bearer(worker, key.text)["role"] for key in ROTATED] == ["reader", "writer"]


def test_entries_that_cannot_be_read_grant_nothing_and_the_others_do(worker):
    secret = "s" * 43
    sha = digest(secret)
    bad = [
        f"a:root:{sha}", f"b::{sha}", f":admin:{sha}", f"c:admin:{secret[:-1]}t", f"d:admin:{sha}=", f"e:admin:{sha[:-1]}", f"f:admin:{sha}:", f"g:admin:{sha}:soon",
        f"h:admin:{sha}:2027-02-30", f"i:admin:{sha}:2027-1-1", f"j:admin:{sha}:2027-01-01:x", f"k_k:admin:{sha}", "l:admin", "m", f"n:constructor:{sha}",
    ]  # fmt: skip
    before = worker("counted").get("api-key-refused", 0)
    given = settings(keys=",".join([*bad, f"good:admin:{sha}", ","]))
    for entry in [*bad, "good"]:
        told = bearer(worker, f"tsr_{entry.split(':')[0]}_{secret}", given=given)
        assert told.get("role") == ("admin" if entry == "good" else None), entry
    assert worker("counted")["api-key-refused"] - before == len(bad), "each once, while the setting is the same"


@pytest.mark.parametrize("keys", ["", ",", "x" * 70_000, None])
def test_without_keys_no_key_is_good(worker, keys):
    assert bearer(worker, WRITER, given=settings(keys=keys))["why"] == "unknown-key"


def test_a_setting_with_more_keys_than_are_read(worker):
    secrets = [f"{n:043}" for n in range(300)]
    given = settings(keys=",".join(f"k{n}:reader:{digest(secret)}" for n, secret in enumerate(secrets)))
    told = [bearer(worker, f"tsr_k{n}_{secrets[n]}", given=given).get("subject") for n in (0, 255, 256)]
    assert told == ["k0", "k255", None]


# ---- access tokens ---------------------------------------------------------------------------------------------------------

SCOPES = [
    ({"scope": "tessera:read"}, "reader"),
    ({"scope": "openid tessera:write email"}, "writer"),
    ({"scope": "tessera:read tessera:admin tessera:write"}, "admin"),
    ({"scope": ["tessera:write"]}, "writer"),
    ({"scope": ""}, None),
    ({}, None),
    ({"scope": "tessera:readx Tessera:read tessera: read"}, None),
    ({"scope": "tessera:read,tessera:write"}, None),
    ({"scope": "reader admin constructor __proto__"}, None),
    ({"scope": {"toString": "tessera:admin"}}, None),
    ({"scope": 5}, None),
    ({"scope": [None, ["tessera:admin"], {"a": 1}]}, None),
    ({"scope": [*["x"] * 300, "tessera:admin"]}, None),
    ({"roles": "tessera:admin"}, None),
]


@pytest.mark.parametrize("claims, role", SCOPES, ids=[json.dumps(claims)[:40] for claims, _ in SCOPES])
def test_scopes_become_a_role(worker, claims, role):
    told = bearer(worker, token(**claims))
    if role:
        assert told == {"role": role, "subject": "ana", "kind": "token"}
    else:
        assert without_header(told) == {"status": 403, "type": "insufficient-scope", "why": "this needs the capability read"}


def test_roles_may_come_from_another_claim_by_other_names(worker):
    given = settings(OAUTH | {"roles": "https://claims.example/groups", "map": {"editors": "writer", "root": "emperor"}})
    named = lambda groups: token(**{"https://claims.example/groups": groups, "scope": "tessera:admin"})
    told = [bearer(worker, named(groups), given=given).get("role") for groups in (["editors"], ["root"], ["tessera:admin"], ["toString"])]
    assert told == ["writer", None, None, None]


@pytest.mark.parametrize("claims, why", [
    ({"sub": GONE}, "subject"), ({"sub": ""}, "subject"), ({"sub": 5}, "subject"), ({"sub": {"toString": 1}}, "subject"), ({"sub": "a b"}, "subject"),
    ({"sub": "a" * 257}, "subject"), ({"sub": "a\nb"}, "subject"), ({"aud": "else"}, "audience"), ({"exp": 5}, "expired"),
])  # fmt: skip
def test_tokens_that_are_refused(worker, claims, why):
    assert without_header(bearer(worker, token(scope="tessera:admin", **claims))) == INVALID | {"why": why}


def test_a_token_is_no_api_key(worker):
    assert ask(worker, x_api_key=token(scope="tessera:admin"))["why"] == "malformed"


SETTINGS = [
    "", "{", "[]", "null", "5", '"x"', "{}", OAUTH | {"audience": []}, OAUTH | {"audience": GONE}, OAUTH | {"issuer": 5}, OAUTH | {"algorithm": "none"},
    OAUTH | {"algorithm": "RS256"}, OAUTH | {"secret_name": "NOT_THERE"}, OAUTH | {"secret_name": "TESSERA_ENV"}, OAUTH | {"secret_name": 5},
    OAUTH | {"leeway": 301}, OAUTH | {"keys": [jwk(rsa_key())]},
    {"issuer": ISSUER, "audience": AUDIENCE, "algorithm": "RS256", "jwks": "http://issuer.example/jwks"},
    {"issuer": ISSUER, "audience": AUDIENCE, "algorithm": "RS256", "jwks": "https://issuer.example/jwks", "keys": [jwk(rsa_key())]},
]  # fmt: skip


@pytest.mark.parametrize("oauth", SETTINGS, ids=map(str, range(len(SETTINGS))))
def test_a_setting_that_does_not_say_enough_trusts_no_token(worker, oauth):
    text = oauth if isinstance(oauth, str) else json.dumps({name: value for name, value in oauth.items() if value is not GONE})
    before = worker("counted").get("trust-refused", 0)
    told = [bearer(worker, token(scope="tessera:admin"), given=settings(text)) for _ in range(2)]
    assert [each["why"] for each in told] == ["unknown-key"] * 2
    assert worker("counted").get("trust-refused", 0) - before == (1 if text else 0), "said once, while the setting is the same"


def test_a_secret_that_changes_counts_at_once(worker):
    text, other = token(scope="tessera:read"), "another secret, of more than 32 bytes too"
    told = [bearer(worker, text, given=settings(**more)).get("role") for more in ({}, {"OAUTH_SECRET": other}, {"OAUTH_SECRET": None}, {})]
    assert told == ["reader", None, None, "reader"]


def test_keys_of_the_issuer_and_where_they_cannot_be_had(worker):
    with running_issuer() as server:
        public = {"issuer": ISSUER, "audience": AUDIENCE, "algorithm": "RS256", "jwks": server.address("/own")}
        signed = token("RS256", rsa_key(), {"kid": "k1"}, scope="tessera:read")
        server.answers(b"", 500)
        refusal = bearer(worker, signed, given=settings(public))
        assert (refusal["status"], refusal["why"]) == (503, "keys-unavailable")
        reply = worker.reply("authorise", headers={"authorization": f"Bearer {signed}"}, settings=settings(public), now=NOW, answered=True)
        assert (reply.status, reply.headers["retry-after"], "www-authenticate" in reply.headers) == (503, "5", False)
        server.answers({"keys": [jwk(rsa_key(), kid="k1")]})
        assert bearer(worker, signed, given=settings(public), now=NOW + 5_000)["role"] == "reader"
        in_production = settings(public, TESSERA_ENV="production")
        assert bearer(worker, signed, given=in_production)["why"] == "unknown-key", "an address that is not https"


# ---- refusals --------------------------------------------------------------------------------------------------------------

REFUSALS = [  # headers, what is needed, status, WWW-Authenticate, the problem's type
    ({}, None, 401, 'Bearer realm="tessera"', "no-credentials"),
    ({"authorization": ""}, None, 401, 'Bearer realm="tessera"', "no-credentials"),
    ({"authorization": "Bearer"}, None, 401, 'Bearer realm="tessera"', "no-credentials"),
    ({"authorization": "Basic YTpi"}, None, 401, 'Bearer realm="tessera"', "no-credentials"),
    ({"authorization": WRITER}, None, 401, 'Bearer realm="tessera"', "no-credentials"),
    ({"authorization": "Bearer x"}, None, 401, 'Bearer realm="tessera", error="invalid_token", error_description="malformed"', "invalid-credentials"),
    ({"authorization": "Bearer x, Bearer y"}, None, 401, 'Bearer realm="tessera", error="invalid_token", error_description="malformed"', "invalid-credentials"),
    ({"x-api-key": ""}, None, 401, 'Bearer realm="tessera", error="invalid_token", error_description="malformed"', "invalid-credentials"),
    ({"authorization": f"Bearer {WRITER}", "x-api-key": WRITER}, None, 400, 'Bearer realm="tessera", error="invalid_request", error_description="two credentials"', "two-credentials"),
    ({"x-api-key": WRITER}, "admin", 403, 'Bearer realm="tessera", error="insufficient_scope", scope="tessera:admin"', "insufficient-scope"),
    ({"x-api-key": KEYS["reader"].text}, "write", 403, 'Bearer realm="tessera", error="insufficient_scope", scope="tessera:write"', "insufficient-scope"),
]


@pytest.mark.parametrize("headers, needs, status, challenge, kind", REFUSALS, ids=map(str, range(len(REFUSALS))))
def test_a_refusal_says_what_is_wrong(worker, headers, needs, status, challenge, kind):
    reply = worker.reply("authorise", headers=headers, settings=settings(), now=NOW, needs=needs, answered=True)
    assert (reply.status, reply.headers["www-authenticate"]) == (status, challenge)
    assert reply.headers["content-type"].startswith("application/problem+json") and "no-store" in reply.headers["cache-control"]
    told = reply.json()
    assert (told["status"], told["type"]) == (status, f"/_tessera/problems/{kind}")
    assert WRITER not in reply.body.decode() + challenge


def test_who_may_do_it_is_told_who_it_is(worker):
    assert ask(worker, x_api_key=WRITER, needs="write")["subject"] == "the-writer"


def test_what_roles_may_do(worker):
    asked = [(role, capability) for role in ("reader", "writer", "admin") for capability in ("read", "write", "admin")]
    assert worker("allows", pairs=asked) == [True, False, False, True, True, False, True, True, True]
    assert worker("allows", pairs=[("root", "read"), (None, "read"), ("admin", "toString"), ("reader", None), ("constructor", "read")]) == [False] * 5


def test_every_claim_that_the_table_relies_on_is_in_a_good_token(worker):
    assert bearer(worker, token(scope="tessera:read"), needs="read") == {"role": "reader", "subject": CLAIMS["sub"], "kind": "token"}
