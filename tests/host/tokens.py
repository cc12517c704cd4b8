"""Tokens made by hand, so that wrong ones can be made as well: JWS compact form, HS256, RS256 and ES256."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

SECRET = "a secret of the tests, long enough for HS256"
ISSUER, AUDIENCE, AT = "https://issuer.example/", "tessera", 1_796_083_200
CLAIMS = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ana", "iat": AT - 10, "exp": AT + 600}
NOW = AT * 1000  # the edge counts milliseconds
GONE = object()  # a member that is left out


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8))


@cache
def _rsa(bits: int, name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@cache
def _ec(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def rsa_key(bits: int = 2048, name: str = "first") -> rsa.RSAPrivateKey:
    """Keys of different names are different keys."""
    return _rsa(bits, name)


def ec_key(name: str = "first") -> ec.EllipticCurvePrivateKey:
    return _ec(name)


def jwk(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, **members: Any) -> dict[str, Any]:
    """The public half, as an issuer publishes it."""
    numbers = key.public_key().public_numbers()
    if isinstance(key, rsa.RSAPrivateKey):
        return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e), **members}
    return {"kty": "EC", "crv": "P-256", "x": b64(numbers.x.to_bytes(32)), "y": b64(numbers.y.to_bytes(32)), **members}


def signature(message: bytes, algorithm: str, key: Any) -> bytes:
    if algorithm == "HS256":
        return hmac.digest(key if isinstance(key, bytes) else key.encode(), message, "sha256")
    if algorithm == "RS256":
        return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)


def encoded(value: Any) -> str:
    """A part of a token: a mapping as JSON without what is GONE; a text or bytes as they are."""
    if isinstance(value, dict):
        value = json.dumps({name: each for name, each in value.items() if each is not GONE})
    return b64(value.encode() if isinstance(value, str) else value)


def join(header: Any, claims: Any, algorithm: str, key: Any) -> str:
    """A token whose signature is good for whatever stands in it."""
    message = f"{encoded(header)}.{encoded(claims)}"
    return f"{message}.{b64(signature(message.encode(), algorithm, key))}"


def token(algorithm: str = "HS256", key: Any = SECRET, header: dict[str, Any] = {}, **claims: Any) -> str:
    return join({"alg": algorithm, "typ": "JWT", **header}, CLAIMS | claims, algorithm, key)


def trust(algorithm: str = "HS256", **more: Any) -> dict[str, Any]:
    own = {"secret": SECRET} if algorithm == "HS256" else {}
    return {"issuer": ISSUER, "audience": AUDIENCE, "algorithm": algorithm, **own, **more}


def digest(text: str) -> str:
    return b64(hashlib.sha256(text.encode()).digest())
