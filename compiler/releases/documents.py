"""Signed documents of a store: pointers, entries of the release log, approvals. The payload is signed as the text that it is.

`{"payload": "<JSON text>", "key": "<key id>", "signature": "<base64url>"}`: Ed25519 over `tessera <kind> v1`, a NUL byte and the
payload in UTF-8, so that none can stand for one of another kind (docs/format.md, "Signed documents").
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from compiler.sign import key_id, private_key, public_keys

Kind = Literal["pointer", "entry", "approval"]
LARGEST = 65_536  # characters


class Tampered(Exception):
    """A document is not what somebody signed; one line that says which, and what is wrong with it."""


def context(kind: Kind) -> bytes:
    """What is signed before the payload."""
    return f"tessera {kind} v1\0".encode()


def sealed(kind: Kind, payload: Mapping[str, Any], key_file: Path) -> bytes:
    """A payload as a document, signed.

    Raises:
        KeyFileError.
    """
    key = private_key(key_file)
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    signature = urlsafe_b64encode(key.sign(context(kind) + text.encode())).rstrip(b"=").decode()
    return json.dumps({"payload": text, "key": key_id(key.public_key().public_bytes_raw()), "signature": signature}, ensure_ascii=False).encode()


def opened(kind: Kind, content: bytes, keys: Mapping[str, bytes], what: str) -> dict[str, Any]:
    """The payload of a document that one of these keys has signed.

    Args:
        keys: raw public keys by their names. what: the document, as messages call it.
    Raises:
        Tampered: where it cannot be read, is signed by another key, or wrongly.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    payload, name, signature = _parts(content, what)
    if name not in keys:
        raise Tampered(f"{what} is signed by the key {name}, which is not among those that are trusted; somebody else wrote it, or --trust lacks that key")
    try:
        Ed25519PublicKey.from_public_bytes(keys[name]).verify(signature, context(kind) + payload.encode("utf-8", "surrogatepass"))
    except InvalidSignature:
        raise Tampered(f"{what} was changed after it was signed by the key {name}; do not believe it") from None
    try:
        told = json.loads(payload)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise Tampered(f"{what} is signed, but cannot be read; a newer version of Tessera may have written it")
    return told


def signer_of(content: bytes, what: str) -> str:
    """The name of the key that a document says it is signed by; nothing is verified. Raises: Tampered."""
    return _parts(content, what)[1]


def _parts(content: bytes, what: str) -> tuple[str, str, bytes]:
    try:
        found = json.loads(content) if len(content) <= LARGEST else None
        payload, name, encoded = found["payload"], found["key"], found["signature"]
        signature = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except (ValueError, LookupError, TypeError, RecursionError):
        raise Tampered(f"{what} is no signed document; it is damaged, or something else was put in its place") from None
    if not isinstance(payload, str) or not isinstance(name, str) or len(signature) != 64:
        raise Tampered(f"{what} is no signed document; it is damaged, or something else was put in its place")
    return payload, name, signature


def trusted(settings: tuple[str, ...]) -> dict[str, bytes]:
    """Raw public keys by name, of texts such as TESSERA_PUBLIC_KEYS holds them. Raises: KeyFileError."""
    return {name: raw for setting in settings for name, raw in public_keys(setting).items()}
