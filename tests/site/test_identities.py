"""Other ways to be told apart than by a cookie of ours alone: a login of the site's own, and no cookie at all."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.site.consent_site import Visitor, key_of, running
from tests.site.counting import eventually
from tests.site.origin import Origin, Told
from tests.views import HAMBURG, NEW_YORK
from tessera import identity
from tessera.identity import account_key

pytestmark = pytest.mark.xdist_group("identities")

ISSUER, AUDIENCE = "https://login.example.com", "places"
LOGIN = "identity: {{login: {{cookie: login, issuer: '%s', audience: %s, algorithm: ES256, jwks: '{url}/jwks.json'}}}}\n" % (ISSUER, AUDIENCE)
KEY = ec.generate_private_key(ec.SECP256R1())


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(subject: str, **claims) -> str:
    """A token as the site's login would issue it."""
    head = {"alg": "ES256", "typ": "JWT", "kid": "one"}
    body = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": int(time.time()), "exp": int(time.time()) + 600, **claims}
    message = ".".join(b64(json.dumps(part).encode()) for part in (head, body))
    r, s = decode_dss_signature(KEY.sign(message.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{message}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def published() -> bytes:
    numbers = KEY.public_key().public_numbers()
    return json.dumps({"keys": [{"kty": "EC", "crv": "P-256", "kid": "one", "x": b64(numbers.x.to_bytes(32, "big")), "y": b64(numbers.y.to_bytes(32, "big"))}]}).encode()


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with Origin({"/jwks.json": Told(published(), type="application/json")}) as login, running(tmp_path_factory.mktemp("logins"), LOGIN.format(url=login.url), "development") as found:
        yield found


def arm(answer) -> bytes:
    return answer.body.partition(b'id="draw"><b>')[2].partition(b"<")[0]


def test_an_account_is_known_on_every_device_and_arms_stay(shop):
    account = account_key("places", "ana")
    shop.admin.put_kv("PROFILES", f"profile:{account}", json.dumps({"v": 2, "attributes": {"visitor.clicks": 3}, "updated": time.time()}))
    first, second = Visitor(shop), Visitor(shop)
    for visitor in (first, second):
        before = visitor.ask()
        id_ = visitor.id
        assert b"<b>plain</b>" in before.body
        visitor.jar["login"] = token("ana")
        during = visitor.ask()
        assert b"<b>keen</b>" in during.body and (arm(during), visitor.id) == (arm(before), id_)
        del visitor.jar["login"]
        after = visitor.ask()
        assert b"<b>plain</b>" in after.body and (arm(after), visitor.id) == (arm(before), id_), "who has logged out is not the account"
    assert first.id != second.id


def test_what_was_done_before_the_login_counts_at_once(shop):
    visitor = Visitor(shop)
    visitor.ask()
    visitor.click()
    visitor.jar["login"] = token("bea")
    assert b"<b>keen</b>" in visitor.ask().body


def test_what_an_account_does_counts_on_its_other_device(shop):
    first = Visitor(shop, jar={"login": token("cem")})
    first.ask()
    assert first.click().status == 202
    assert eventually(lambda: b"<b>keen</b>" in Visitor(shop, jar={"login": token("cem")}).ask().body, 5)


def test_what_was_done_before_the_login_comes_along_to_other_devices(shop):
    visitor = Visitor(shop)
    visitor.ask()
    visitor.click()
    eventually(lambda: shop.admin.get_kv("PROFILES", f"profile:{visitor.id}"))
    visitor.jar["login"] = token("dilek")
    visitor.ask()
    assert eventually(lambda: b"<b>keen</b>" in Visitor(shop, jar={"login": token("dilek")}).ask().body, 10)


@pytest.mark.parametrize("claims", [{"iss": "https://evil.example"}, {"aud": "another"}, {"exp": 1}])
def test_a_login_that_is_not_good_is_none(shop, claims):
    shop.admin.put_kv("PROFILES", f"profile:{account_key('places', 'dora')}", json.dumps({"v": 2, "attributes": {"visitor.clicks": 3}, "updated": time.time()}))
    visitor = Visitor(shop, jar={"login": token("dora", **claims)})
    answer = visitor.ask()
    assert answer.status == 200 and b"<b>plain</b>" in answer.body
    assert b"<b>keen</b>" in Visitor(shop, jar={"login": token("dora")}).ask().body


def test_without_consent_a_login_makes_nobody_known(shop):
    shop.admin.put_kv("PROFILES", f"profile:{account_key('places', 'eva')}", json.dumps({"v": 2, "attributes": {"visitor.clicks": 3}, "updated": time.time()}))
    visitor = Visitor(shop, HAMBURG, jar={"login": token("eva")})
    answer = visitor.ask()
    assert b"<b>plain</b>" in answer.body and answer.all("set-cookie") == [] and arm(answer) == b"odd"


def test_a_site_without_cookies_sets_none_and_names_nobody(tmp_path):
    with running(tmp_path, "identity: {mode: cookieless}\n") as shop:
        old = identity.sign("visitor-1", int(time.time()), key_of(shop))
        arms = set()
        for number in range(12):
            visitor = Visitor(shop, {**NEW_YORK, "ip": f"192.0.2.{number}", "city": "Cookieless"})
            first, second = visitor.ask(), visitor.ask()
            assert first.all("set-cookie") == second.all("set-cookie") == [] and arm(first) == arm(second)
            assert visitor.click().all("set-cookie") == []
            arms.add(arm(first))
        assert arms == {b"odd", b"even"}
        visitor = Visitor(shop, jar={"tessera": old})
        assert visitor.ask().all("set-cookie") == ["tessera=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax"]

        def logged() -> list[dict]:
            rows = [json.loads(line) for key in shop.admin.list_r2("LOG", "decisions/") for line in shop.admin.get_r2("LOG", key).content.splitlines()]
            return [row for row in rows if row["slot"] == "draw" and row["inputs"].get("request.city") == "Cookieless"]

        found = eventually(lambda: rows if len(rows := logged()) >= 24 else None)
        assert {(row["unit"], row["unit_kind"], row["experiment"]) for row in found} == {(None, None, "draw")}
        assert {row["arm"] for row in found} == {"odd", "even"}
        assert shop.admin.list_kv("PROFILES", "profile:") == [] and not shop.admin.list_r2("STATE"), "nothing is stored of anybody"
