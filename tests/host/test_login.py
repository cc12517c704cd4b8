"""Who has logged in (edge/login.mjs): the subject of a token of the site's own login, verified with keys that a server publishes."""

from __future__ import annotations

import pytest

from plain_worker import issuer as running_issuer
from plain_worker import plain
from tokens import AUDIENCE, GONE, ISSUER, NOW, SECRET, ec_key, jwk, token

pytestmark = pytest.mark.xdist_group("plain")


@pytest.fixture(scope="module")
def worker():
    with plain() as running:
        yield running


@pytest.fixture(scope="module")
def server():
    with running_issuer() as running:
        running.answers({"keys": [jwk(ec_key(), kid="one")]})
        yield running


@pytest.fixture
def login(server):
    return {"cookie": "login", "issuer": ISSUER, "audience": AUDIENCE, "algorithm": "ES256", "jwks": server.address("/login"), "secret": None}


SHARED = {"cookie": "login", "issuer": ISSUER, "audience": AUDIENCE, "algorithm": "HS256", "jwks": None, "secret": "LOGIN_SECRET"}


def signed(**claims) -> str:
    return token("ES256", ec_key(), {"kid": "one"}, **claims)


def accounts(worker, login, *requests, after: int = 0, **settings: str) -> list[str]:
    told = worker("accounts", requests=list(requests), login=login, settings={"TESSERA_ENV": "development", **settings}, now=NOW + after)
    return [subject for _, subject in told]


def test_a_login_is_recognised_by_its_cookie_or_as_a_bearer(worker, login):
    good = signed()
    requests = [{"cookie": f"a=b; login={good}"}, {"cookie": f'login="{good}"'}, {"authorization": f"Bearer {good}"}, {"authorization": f"bearer  {good}"}]
    assert accounts(worker, login, *requests) == ["ana"] * 4


def test_what_was_verified_is_known_at_once(worker, login):
    good = signed(jti="once")
    told = worker("accounts", requests=[{"cookie": f"login={good}"}] * 3, login=login, settings={"TESSERA_ENV": "development"}, now=NOW)
    assert told == [[True, "ana"], [False, "ana"], [False, "ana"]]
    assert accounts(worker, login, {"cookie": f"login={good}"}, after=700_000) == [""], "until it is outlived"


NOBODY = [
    {}, {"cookie": "login="}, {"cookie": "login=x.y.z"}, {"cookie": "other=x"}, {"authorization": "Basic eDp5"}, {"authorization": "Bearer "}, {"cookie": "login=" + "a." * 6000},
]  # fmt: skip


def test_nobody(worker, login):
    assert accounts(worker, login, *NOBODY) == [""] * len(NOBODY)


WRONG = [
    {"iss": "https://evil.example/"}, {"aud": "another"}, {"exp": NOW // 1000 - 600}, {"nbf": NOW // 1000 + 600}, {"sub": GONE}, {"sub": 5}, {"sub": "a" * 257}, {"sub": ["ana"]}, {"sub": ""},
]  # fmt: skip


@pytest.mark.parametrize("claims", WRONG, ids=range(len(WRONG)))
def test_a_token_that_is_not_good_is_nobodys(worker, login, claims):
    assert accounts(worker, login, {"cookie": f"login={signed(**claims)}"}) == [""]


def test_a_forged_token_is_nobodys(worker, login):
    good = signed()
    head, body, mac = good.split(".")
    forged = [f"{head}.{body}.{'A' * len(mac)}", token("ES256", ec_key("other"), {"kid": "one"}), token("HS256"), f"{head}.{signed(sub='bea').split('.')[1]}.{mac}"]
    assert accounts(worker, login, *({"cookie": f"login={each}"} for each in forged)) == [""] * len(forged)


def test_a_shared_secret_stands_in_a_setting_of_the_worker(worker):
    good = {"cookie": f"login={token()}"}
    assert accounts(worker, SHARED, good, LOGIN_SECRET=SECRET) == ["ana"]
    assert accounts(worker, SHARED, good, LOGIN_SECRET="another secret, which is long enough") == [""]
    assert accounts(worker, SHARED, good) == [""]


def test_a_site_without_login_looks_at_no_token(worker):
    assert accounts(worker, None, {"cookie": f"login={token()}", "authorization": f"Bearer {token()}"}, LOGIN_SECRET=SECRET) == [""]


def test_where_the_keys_cannot_be_had_nobody_has_logged_in_and_the_page_goes_on(worker, server, login):
    nowhere = {**login, "jwks": "http://127.0.0.1:1/nobody"}
    assert accounts(worker, nowhere, {"cookie": f"login={signed()}"}) == [""]
    assert worker("counted")["login-refused:keys-unavailable"] == 1
