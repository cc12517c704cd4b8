"""Decrypting GrowthBook's payloads: AES-CBC, as `<IV in base64>.<ciphertext in base64>`, with a key in base64."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error

from compiler.frontends.site import ImportRefused

ENCRYPTED = {  # part of a payload → the key under which it stands encrypted
    "features": "encryptedFeatures",
    "experiments": "encryptedExperiments",
    "savedGroups": "encryptedSavedGroups",
    "contextualBandits": "encryptedContextualBandits",
}


def decrypt(text: str, key: str) -> str:
    """The plain text.

    Raises:
        ImportRefused: where the key or the text is not of the form, or the one is not for the other.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    begin, rest = [*text.split("."), ""][:2]
    try:
        cipher = Cipher(algorithms.AES(_bytes(key)), modes.CBC(_bytes(begin))).decryptor()
        padded = cipher.update(_bytes(rest)) + cipher.finalize()
        remover = PKCS7(128).unpadder()
        return (remover.update(padded) + remover.finalize()).decode("utf-8", "replace")
    except (ValueError, Error):
        raise ImportRefused("the payload cannot be decrypted: is this the key of the same SDK connection?") from None


def _bytes(text: str) -> bytes:
    """Base64 as `atob` reads it: white space does not count, and padding is there in full or not at all."""
    bare = "".join(text.split())
    return b64decode(bare if "=" in bare else bare + "=" * (-len(bare) % 4), validate=True)
