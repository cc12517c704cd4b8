"""Tokens of others (edge/jwt.mjs) in workerd: the good ones, a table of hostile ones, and any text whatsoever."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plain_worker import plain
from tokens import AT, AUDIENCE, CLAIMS, GONE, ISSUER, NOW, SECRET, b64, ec_key, encoded, join, jwk, number, rsa_key, token, trust

pytestmark = pytest.mark.xdist_group("plain")

HEADER = {"alg": "HS256", "typ": "JWT"}
KEYS = {"RS256": (rsa_key(), rsa_key(name="other")), "ES256": (ec_key(), ec_key("other"))}
TRUST = {"HS256": trust()} | {name: trust(name, keys=[jwk(key, kid="k1", use="sig", alg=name)]) for name, (key, _) in KEYS.items()}
SIGNED = {"HS256": SECRET} | {name: key for name, (key, _) in KEYS.items()}


@pytest.fixture(scope="module")
def worker():
    with plain() as running:
        yield running


def good(algorithm: str = "HS256", **claims) -> str:
    header = {} if algorithm == "HS256" else {"kid": "k1"}
    return token(algorithm, SIGNED[algorithm], header, **claims)


def verify(worker, *tokens, trust=TRUST["HS256"], now=NOW) -> list:
    return worker("verify", tokens=tokens, trust=trust, now=now)


def whys(worker, *tokens, **more) -> list[str]:
    """`ok`, or why not."""
    return ["ok" if told["ok"] else told["why"] for told in verify(worker, *tokens, **more)]


@pytest.mark.parametrize("algorithm", TRUST)
def test_a_good_token_is_verified_and_tells_its_claims(worker, algorithm):
    (told,) = verify(worker, good(algorithm, scope="a b"), trust=TRUST[algorithm])
    assert told == {"ok": True, "claims": CLAIMS | {"scope": "a b"}}


GOOD = [
    ("no time but the end", {"iat": GONE}),
    ("several audiences", {"aud": ["elsewhere", AUDIENCE]}),
    ("a fraction of a second", {"exp": AT + 0.5}),
    ("over, but within what clocks differ", {"exp": AT - 59}),
    ("from now on, within what clocks differ", {"nbf": AT + 60}),
    ("issued in the future, within what clocks differ", {"iat": AT + 60}),
    ("claims of any kind", {"deep": {"list": [{"a": 1}, {"a": 2}], 'a "quoted" {name}:': [], "é": "☃"}}),
]


@pytest.mark.parametrize("name, claims", GOOD, ids=[name for name, _ in GOOD])
def test_what_is_allowed(worker, name, claims):
    assert whys(worker, good(**claims)) == ["ok"]


CLAIMED = [  # claims that are changed, and why such a token is refused though its signature is good
    ("another issuer", {"iss": "https://issuer.example"}, "issuer"),
    ("no issuer", {"iss": GONE}, "issuer"),
    ("a list of issuers", {"iss": [ISSUER]}, "issuer"),
    ("another audience", {"aud": "Tessera"}, "audience"),
    ("no audience", {"aud": GONE}, "audience"),
    ("an audience that is null", {"aud": None}, "audience"),
    ("no audience of a list", {"aud": []}, "audience"),
    ("other audiences", {"aud": ["a", ["tessera"], 1, None]}, "audience"),
    ("the audience as an object", {"aud": {"tessera": "tessera"}}, "audience"),
    ("hundreds of audiences", {"aud": [*map(str, range(100)), AUDIENCE]}, "audience"),
    ("expired", {"exp": AT - 60}, "expired"),
    ("expired long ago", {"exp": 0}, "expired"),
    ("a negative end", {"exp": -5}, "expired"),
    ("no end", {"exp": GONE}, "times"),
    ("an end that is null", {"exp": None}, "times"),
    ("an end as a text", {"exp": str(AT + 600)}, "times"),
    ("an end as a list", {"exp": [AT + 600]}, "times"),
    ("an end that is true", {"exp": True}, "times"),
    ("an end in milliseconds", {"exp": NOW + 600_000}, "times"),
    ("an end beyond all numbers", {"exp": 1e300}, "times"),
    ("not yet", {"nbf": AT + 61}, "not-yet"),
    ("not yet issued", {"iat": AT + 61}, "not-yet"),
    ("a beginning as a text", {"nbf": "0"}, "times"),
    ("issued at a list", {"iat": [0]}, "times"),
    ("a beginning that is null", {"nbf": None}, "times"),
    ("its true claims in the prototype", {"iss": GONE, "__proto__": {"iss": ISSUER}}, "issuer"),
]


@pytest.mark.parametrize("name, claims, why", CLAIMED, ids=[row[0] for row in CLAIMED])
def test_claims_that_are_refused(worker, name, claims, why):
    assert whys(worker, good(**claims)) == [why]


HEADERS = [  # what is put into the header of a token whose signature is good
    ("alg none", {"alg": "none"}, "algorithm"),
    ("alg None", {"alg": "None"}, "algorithm"),
    ("alg nOnE", {"alg": "nOnE"}, "algorithm"),
    ("alg in lower case", {"alg": "hs256"}, "algorithm"),
    ("alg with a blank", {"alg": "HS256 "}, "algorithm"),
    ("no alg", {"alg": GONE}, "algorithm"),
    ("alg null", {"alg": None}, "algorithm"),
    ("alg as a list", {"alg": ["HS256"]}, "algorithm"),
    ("another alg of the same family", {"alg": "HS512"}, "algorithm"),
    ("alg in the prototype", {"alg": GONE, "__proto__": {"alg": "HS256"}}, "algorithm"),
    ("alg of the other kind", {"alg": "RS256"}, "algorithm"),
    ("critical extensions", {"crit": ["b64"], "b64": False}, "critical"),
    ("no critical extensions", {"crit": []}, "critical"),
    ("critical null", {"crit": None}, "critical"),
    ("a key's id that is none", {"kid": 5}, "malformed"),
    ("a key's id of 257 characters", {"kid": "k" * 257}, "malformed"),
    ("an empty key's id", {"kid": ""}, "malformed"),
    ("a deep header", {"a": [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}, "malformed"),
]


@pytest.mark.parametrize("name, header, why", HEADERS, ids=[row[0] for row in HEADERS])
def test_headers_that_are_refused(worker, name, header, why):
    assert whys(worker, join(HEADER | header, CLAIMS, "HS256", SECRET)) == [why]


HEAD, BODY, SIGN = good().split(".")
TEXTS = [
    ("", "malformed"), (".", "malformed"), ("..", "malformed"), ("a", "malformed"), ("Bearer", "malformed"),
    (f"{HEAD}.{BODY}", "malformed"), (f"{HEAD}.{BODY}.", "malformed"), (f".{BODY}.{SIGN}", "malformed"), (f"{HEAD}..{SIGN}", "malformed"),
    (f"{HEAD}.{BODY}.{SIGN}.", "malformed"), (f"{HEAD}.{BODY}.{SIGN}.{SIGN}", "malformed"), (f"{HEAD}.{BODY}.{SIGN}.{SIGN}.a.b", "malformed"),
    (f"{HEAD}.{BODY}.{SIGN}=", "malformed"), (f"{HEAD}=.{BODY}.{SIGN}", "malformed"), (f" {HEAD}.{BODY}.{SIGN}", "malformed"),
    (f"{HEAD}.{BODY}.{SIGN}\n", "malformed"), (f"{HEAD}. {BODY}.{SIGN}", "malformed"), (f"{HEAD}.{BODY}.{SIGN[:-2]}+/", "malformed"),
    (f"{HEAD}.{BODY}.{SIGN[:-1]}", "malformed"), (f"{HEAD}.{BODY}.{SIGN[:-3]}", "signature"), (f"{HEAD}.{BODY}.{SIGN}AAAA", "signature"),
    (f"{HEAD}.{BODY}.é{SIGN[1:]}", "malformed"), (f"{HEAD}.{BODY}.{b64(bytes(32))}", "signature"), (good(a="b" * 8192), "too-long"),
    (f"{encoded({'alg': 'none'})}.{BODY}.", "malformed"), (f"{encoded({'alg': 'none'})}.{BODY}.{SIGN}", "algorithm"),
    (None, "malformed"), (5, "malformed"), ({}, "malformed"), ([good()], "malformed"),
]  # fmt: skip


@pytest.mark.parametrize("text, why", TEXTS, ids=map(str, range(len(TEXTS))))
def test_texts_that_are_no_tokens(worker, text, why):
    assert whys(worker, text) == [why]


CLAIMS_TEXT = json.dumps(CLAIMS)
PARTS = [  # the bytes of the claims; the signature is good
    ("a name twice", f'{CLAIMS_TEXT[:-1]}, "sub": "bob"}}'),
    ("a name twice, written otherwise", f'{CLAIMS_TEXT[:-1]}, "s\\u0075b": "bob"}}'),
    ("a name twice, deep", f'{CLAIMS_TEXT[:-1]}, "a": [{{"b": 1, "c": {{}}, "b": 2}}]}}'),
    ("a list", "[]"), ("a number", "5"), ("null", "null"), ("a text", '"x"'), ("nothing", " "),
    ("broken off", CLAIMS_TEXT[:-1]), ("more behind it", CLAIMS_TEXT + "x"), ("a comma too many", CLAIMS_TEXT[:-1] + ",}"),
    ("a byte order mark", "\ufeff" + CLAIMS_TEXT), ("not UTF-8", CLAIMS_TEXT.encode()[:-1] + b', "a": "\xff"}'),
    ("another encoding", CLAIMS_TEXT.encode("utf-16")), ("a bomb of brackets", "[" * 6000), ("deep", f'{CLAIMS_TEXT[:-1]}, "a": {"[" * 2000}{"]" * 2000}}}'),
]  # fmt: skip


@pytest.mark.parametrize("name, claims", PARTS, ids=[name for name, _ in PARTS])
def test_claims_that_are_no_plain_object(worker, name, claims):
    assert whys(worker, join(HEADER, claims, "HS256", SECRET)) == ["malformed"]


def test_an_end_written_as_infinity_is_none(worker):
    assert whys(worker, join(HEADER, f'{CLAIMS_TEXT[:-1]}, "nbf": 0}}'.replace(str(AT + 600), "1e999"), "HS256", SECRET)) == ["times"]


def test_a_header_with_a_name_twice(worker):
    assert whys(worker, join('{"alg": "none", "alg": "HS256"}', CLAIMS, "HS256", SECRET)) == ["malformed"]


def test_a_public_key_is_no_secret(worker):
    """The classic: signed by HS256 with the RSA public key as the secret, in every form that it has."""
    key = rsa_key()
    forms = [key.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo) for encoding in (Encoding.PEM, Encoding.DER)]
    forms += [json.dumps(jwk(key)).encode(), jwk(key)["n"].encode()]
    tokens = [token("HS256", form, {"kid": "k1"}) for form in forms]
    tokens += [join({"alg": "RS256", "kid": "k1"}, CLAIMS, "HS256", form) for form in forms]
    assert whys(worker, *tokens, trust=TRUST["RS256"]) == ["algorithm"] * 4 + ["signature"] * 4


def test_a_tokens_own_keys_count_for_nothing(worker):
    _, own = KEYS["RS256"]
    for header in ({"jwk": jwk(own)}, {"jku": "https://evil.example/jwks"}, {"x5u": "https://evil.example/x"}, {"x5c": ["AAAA"]}):
        strangers, honest = (token("RS256", key, {"kid": "k1", **header}) for key in (own, rsa_key()))
        assert whys(worker, strangers, honest, trust=TRUST["RS256"]) == ["signature", "ok"]


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_the_key_is_found_by_its_id(worker, algorithm):
    first, second = KEYS[algorithm]
    both = trust(algorithm, keys=[jwk(first, kid="k1"), jwk(second, kid="k2"), jwk(KEYS[{"RS256": "ES256", "ES256": "RS256"}[algorithm]][0], kid="k3")])
    names = [(first, "k1", "ok"), (second, "k2", "ok"), (first, "k2", "signature"), (first, "K1", "unknown-key"), (first, "k3", "unknown-key")]
    tokens = [token(algorithm, key, {"kid": kid}) for key, kid, _ in names]
    assert whys(worker, *tokens, trust=both) == [why for _, _, why in names]
    unnamed = token(algorithm, first)
    assert whys(worker, unnamed, trust=both) == ["unknown-key"]
    assert whys(worker, unnamed, trust=trust(algorithm, keys=both["keys"][::2])) == ["ok"], "the only one of its kind"


UNFIT = [
    ("for encryption", {"use": "enc"}, "unknown-key"),
    ("for another algorithm", {"alg": "RS512"}, "unknown-key"),
    ("of another type", {"kty": "oct", "k": b64(b"x" * 32)}, "unknown-key"),
    ("for signing only", {"key_ops": ["sign"]}, "unknown-key"),
    ("for anything", {"key_ops": "verify"}, "unknown-key"),
    ("without a modulus", {"n": GONE}, "weak-key"),
    ("with a modulus that is no text", {"n": [1]}, "weak-key"),
    ("with the exponent 1", {"e": "AQ"}, "weak-key"),
    ("with an even exponent", {"e": number(65536)}, "weak-key"),
    ("with a huge exponent", {"e": number(2**64 + 1)}, "weak-key"),
    ("padded with zeros to look long", {"n": b64(bytes(200) + rsa_key(1024).public_key().public_numbers().n.to_bytes(128))}, "weak-key"),
]


@pytest.mark.parametrize("name, members, why", UNFIT, ids=[row[0] for row in UNFIT])
def test_keys_that_do_not_serve(worker, name, members, why):
    key = {member: value for member, value in (jwk(rsa_key(), kid="k1") | members).items() if value is not GONE}
    assert whys(worker, token("RS256", rsa_key(), {"kid": "k1"}), trust=trust("RS256", keys=[key])) == [why]


def test_rsa_keys_of_less_than_2048_bits_do_not_serve(worker):
    weak = rsa_key(1024)
    assert whys(worker, token("RS256", weak), trust=trust("RS256", keys=[jwk(weak)])) == ["weak-key"]


def test_a_point_beside_the_curve_and_another_curve_do_not_serve(worker):
    own = jwk(ec_key())
    beside = own | {"y": own["x"]}
    assert whys(worker, good("ES256"), trust=trust("ES256", keys=[beside | {"kid": "k1"}])) == ["broken-key"]
    assert whys(worker, good("ES256"), trust=trust("ES256", keys=[own | {"kid": "k1", "crv": "P-384"}])) == ["weak-key"]


def test_a_private_key_in_a_set_serves_by_its_public_half(worker):
    own = jwk(ec_key(), kid="k1", d=b64(ec_key().private_numbers().private_value.to_bytes(32)))
    assert whys(worker, good("ES256"), trust=trust("ES256", keys=[own])) == ["ok"]


@pytest.mark.parametrize("secret, why", [("x" * 31, "weak-key"), ("", "weak-key"), (None, "weak-key"), (5, "weak-key"), ("é" * 16, "ok")])
def test_a_secret_has_32_bytes(worker, secret, why):
    key = secret if isinstance(secret, str) else SECRET
    assert whys(worker, token(key=key), trust=trust(secret=secret)) == [why]


def test_signatures_of_es256_are_64_raw_bytes_and_prove_something(worker):
    message, _, signed = good("ES256").rpartition(".")
    der = ec_key().sign(message.encode(), ec.ECDSA(hashes.SHA256()))
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    zero, one, n = (value.to_bytes(32) for value in (0, 1, order))
    forged = [der, zero + zero, zero + one, one + zero, n + n, n + one, b"\xff" * 64, bytes(63), bytes(65)]
    assert whys(worker, *(f"{message}.{b64(each)}" for each in forged), trust=TRUST["ES256"]) == ["signature"] * len(forged)


@pytest.mark.parametrize("algorithm", TRUST)
def test_one_bit_more_or_less_and_nothing_is_proven(worker, algorithm):
    text = good(algorithm)
    flipped = [text[:at] + chr(ord(text[at]) ^ (1 << at % 7)) + text[at + 1 :] for at in {*range(0, len(text), 5), len(text) - 1}]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    flipped += [text[:-1] + alphabet[alphabet.index(text[-1]) ^ bit] for bit in (1, 2, 4, 8, 16, 32)]
    assert "ok" not in whys(worker, *flipped, trust=TRUST[algorithm])
    assert whys(worker, text, trust=TRUST[algorithm]) == ["ok"]


def test_parts_of_two_good_tokens_make_no_third(worker):
    (a, b, c), (d, e, f) = good(sub="ana").split("."), good(sub="bob", more=1).split(".")
    assert whys(worker, f"{a}.{b}.{f}", f"{a}.{e}.{c}", f"{d}.{e}.{f}") == ["signature", "signature", "ok"]


def test_signed_by_somebody_else(worker):
    for algorithm, (_, other) in KEYS.items():
        assert whys(worker, token(algorithm, other, {"kid": "k1"}), trust=TRUST[algorithm]) == ["signature"]
    assert whys(worker, token(key=SECRET + "x")) == ["signature"]


@pytest.mark.parametrize("changes", [
    {"issuer": ""}, {"issuer": None}, {"audience": ""}, {"audience": []}, {"audience": ["tessera", ""]}, {"audience": None}, {"algorithm": "none"},
    {"algorithm": None}, {"algorithm": "toString"}, {"keys": {}}, {"keys": [None]},
    {"algorithm": "RS256"}, {"algorithm": "RS256", "jwks": "http://issuer.example/jwks"}, {"algorithm": "RS256", "jwks": "file:///etc/passwd"},
    {"algorithm": "RS256", "jwks": "https://user:word@issuer.example/jwks"}, {"algorithm": "RS256", "jwks": "http://127.0.0.1:1/jwks"},
    {"algorithm": "RS256", "jwks": "http://localhost.issuer.example/jwks", "development": True},
])  # fmt: skip
def test_a_trust_that_does_not_say_enough_trusts_nobody(worker, changes):
    algorithm = changes.get("algorithm")
    assert whys(worker, good(algorithm if algorithm == "RS256" else "HS256"), trust=TRUST["HS256"] | changes) == ["trust"]


def test_no_trust_at_all(worker):
    assert whys(worker, good(), trust=None) == whys(worker, good(), trust=5) == ["trust"]


def test_clocks_may_differ_as_much_as_is_said(worker):
    late = good(exp=AT - 100)
    assert [whys(worker, late, trust=trust(leeway=leeway)) for leeway in (0, 100, 101, 300, 301, -1, "500", None)] == [
        ["expired"], ["expired"], ["ok"], ["ok"], ["expired"], ["expired"], ["expired"], ["expired"],
    ]  # fmt: skip


@pytest.mark.parametrize("now", [None, "x", 1e999])
def test_without_a_time_nothing_holds(worker, now):
    assert "ok" not in whys(worker, good(), now=str(now))


def test_what_was_verified_is_remembered_until_it_ends(worker):
    text, own = good(exp=AT + 300, jti="remembered"), trust(leeway=0)
    recall = lambda now, trust=own: worker("remembered", tokens=[text], trust=trust, now=now)[0]
    assert recall(NOW) is None
    assert whys(worker, text, trust=own) == ["ok"]
    assert [recall(now) is not None for now in (NOW, NOW + 299_999, NOW + 300_000, NOW - 10_000, NOW - 10_001)] == [True, True, False, True, False]
    assert recall(NOW)["jti"] == "remembered"
    assert recall(NOW, trust(leeway=1)) is None, "it was verified for somebody else"
    assert whys(worker, text, trust=own, now=NOW + 300_000) == ["expired"]


def test_what_was_verified_is_verified_again_now_and_then(worker):
    text, own = good(exp=AT + 86_400, jti="long"), trust(leeway=1)
    assert whys(worker, text, trust=own) == ["ok"]
    assert [worker("remembered", tokens=[text], trust=own, now=NOW + after)[0] is None for after in (599_999, 600_000)] == [False, True]


def test_what_was_refused_is_not_remembered(worker):
    text = good(exp=AT - 100, jti="refused")
    assert whys(worker, text) == ["expired"]
    assert worker("remembered", tokens=[text, "", None], trust=TRUST["HS256"], now=NOW) == [None] * 3


def test_a_bounded_number_is_remembered(worker):
    own, many = trust(leeway=2), [good(jti=str(n), pad="x" * 5000) for n in range(160)]
    assert set(whys(worker, *many, trust=own)) == {"ok"}
    kept = [claims is not None for claims in worker("remembered", tokens=many, trust=own, now=NOW)]
    assert kept[-1] and not kept[0] and 100 <= sum(kept) < 160


anything = st.text(max_size=300) | st.binary(max_size=200).map(b64) | st.from_regex(r"\A[A-Za-z0-9_-]{0,40}(\.[A-Za-z0-9_-]{0,80}){0,4}\Z")
json_values = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20), lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(max_size=10), each, max_size=4), max_leaves=10)
names = st.sampled_from(["alg", "kid", "crit", "iss", "aud", "exp", "nbf", "iat", "sub", "__proto__", "toString"])


@st.composite
def unsigned(draw) -> str:
    """Of a token's form, with whatever in it, and a signature that is none."""
    header = {"alg": "HS256"} | draw(st.dictionaries(names, json_values, max_size=3))
    claims = CLAIMS | draw(st.dictionaries(names, json_values, max_size=4))
    return f"{encoded(header)}.{encoded(claims)}.{b64(draw(st.binary(min_size=32, max_size=32)))}"


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(anything | unsigned() | json_values, min_size=20, max_size=60))
def test_no_text_whatsoever_proves_anything_or_fails(worker, texts):
    texts = json.loads(json.dumps(texts).replace("NaN", "null").replace("-Infinity", "0").replace("Infinity", "0"))
    for algorithm in ("HS256", "ES256"):
        told = whys(worker, *texts, trust=TRUST[algorithm])
        assert not {"ok", "failed"} & set(told)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.dictionaries(names, json_values, max_size=3), st.dictionaries(names, json_values, max_size=4)), min_size=10, max_size=30))
def test_whatever_an_issuer_signs_is_read_or_refused_but_never_fails(worker, told):
    tokens = [join({"alg": "HS256"} | header, CLAIMS | claims, "HS256", SECRET) for header, claims in told]
    assert "failed" not in whys(worker, *tokens)
