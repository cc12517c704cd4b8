"""DSSE: the envelope in which attestations are signed (https://github.com/secure-systems-lab/dsse, version 1.0.2).

    {"payloadType": "application/vnd.in-toto+json", "payload": "<base64>", "signatures": [{"keyid": "…", "sig": "<base64>"}]}

The signature is Ed25519 over PAE(type, payload). `keyid` is a hint alone, as the specification says: a signature counts where any of
the trusted keys made it.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from compiler.sign import key_id, private_key
from tessera.types import parse_json

IN_TOTO = "application/vnd.in-toto+json"
LARGEST = 16 * 2**20  # characters of an envelope
MOST_SIGNATURES = 16


class EnvelopeError(Exception):
    """The envelope is not one, or nobody who is trusted signed it. One line; `kind` tells the cases apart for machines."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def pae(payload_type: str, payload: bytes) -> bytes:
    """Pre-authentication encoding: what is signed."""
    told = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(told), told, len(payload), payload)


def seal(payload: bytes, key_path: Path, payload_type: str = IN_TOTO) -> bytes:
    """The signed envelope, as JSON on one line. Raises KeyFileError."""
    key = private_key(key_path)
    signature = {"keyid": key_id(key.public_key().public_bytes_raw()), "sig": b64encode(key.sign(pae(payload_type, payload))).decode()}
    return json.dumps({"payloadType": payload_type, "payload": b64encode(payload).decode(), "signatures": [signature]}).encode() + b"\n"


def unseal(envelope: bytes, keys: Mapping[str, bytes], payload_type: str = IN_TOTO) -> tuple[bytes, str]:
    """The payload, and the id of the trusted key that signed it.

    Args:
        keys: id → raw public key, as `compiler.sign.public_keys` reads them.
    Raises:
        EnvelopeError: `unreadable` (no envelope), `type` (of something else), `unsigned`, `unknown-key` (no signature names a
            trusted key, and none is by one), `signature` (it names a trusted key, which did not sign this).
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    told_type, payload, signatures = _read(envelope)
    if not signatures:
        raise EnvelopeError("unsigned", "it has no signature")
    signed = pae(told_type, payload)
    for name, signature in signatures:
        for key in sorted(keys, key=lambda one: one != name):  # the one that is named first
            try:
                Ed25519PublicKey.from_public_bytes(keys[key]).verify(signature, signed)
            except InvalidSignature:
                continue
            if told_type != payload_type:
                raise EnvelopeError("type", f"it is signed as '{told_type[:80]}', not as '{payload_type}'")
            return payload, key
    names = [name for name, _ in signatures]
    if known := next((name for name in names if name in keys), None):
        raise EnvelopeError("signature", f"the signature of {known} does not fit: the statement, its type or the signature was altered after it was signed")
    raise EnvelopeError("unknown-key", f"it is signed by the unknown key {names[0][:32] or '(not named)'}; trusted are {', '.join(sorted(keys)) or 'none'}")


def _read(envelope: bytes) -> tuple[str, bytes, list[tuple[str, bytes]]]:
    try:
        told = parse_json(envelope.decode("utf-8"), LARGEST)
        signatures = told["signatures"]
        if not isinstance(signatures, list) or len(signatures) > MOST_SIGNATURES or not isinstance(told["payloadType"], str):
            raise ValueError("`signatures` is no short list, or `payloadType` no text")
        pairs = [(_name(one), _bytes(one["sig"])) for one in signatures]
        return told["payloadType"], _bytes(told["payload"]), pairs
    except KeyError as error:
        raise EnvelopeError("unreadable", f"it is no DSSE envelope: {error.args[0]} is missing") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise EnvelopeError("unreadable", f"it is no DSSE envelope: {' '.join(str(error).split())[:200]}") from None


def _name(signature: Any) -> str:
    return str(signature.get("keyid") or "")


def _bytes(text: Any) -> bytes:
    """Base64, of either alphabet, as the specification allows."""
    if not isinstance(text, str):
        raise ValueError("what should be base64 is no text")
    return b64decode(text.translate(str.maketrans("-_", "+/")).encode("ascii"), validate=True)
