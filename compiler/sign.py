"""Ed25519 over a bundle's header: keys, signatures, verification (by the `cryptography` package)."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

from tessera.bundle import HEADER, SIGNATURE_MAGIC, TRAILER, BundleError, Sealed, unseal


class KeyFileError(Exception):
    """A key file is missing or is no Ed25519 key; one line."""


def key_id(public: bytes) -> str:
    """The name of a key: the first 8 bytes of the SHA-256 of its 32 raw public bytes, in hex."""
    return sha256(public).hexdigest()[:16]


def generate(private_path: Path) -> tuple[Path, str]:
    """Make a key pair: PEM (mode 0600) and `.pub` beside it. Returns the public file and the key's name.

    Raises:
        KeyFileError: where a key is there already (neither file is ever overwritten).
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public_path = private_path.with_suffix(".pub")
    if public_path == private_path:
        raise KeyFileError(f"{private_path}: the public key will have this name; choose another name for the private one")
    if public_path.exists():
        raise KeyFileError(f"{public_path} exists; a key is never overwritten, choose another name")
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    raw = key.public_key().public_bytes_raw()
    private_path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(private_path, "xb", opener=_owner_only) as file:
            file.write(pem)
    except FileExistsError:
        raise KeyFileError(f"{private_path} exists; a key is never overwritten, choose another name") from None
    public_path.write_text(public_setting(raw) + "\n")
    return public_path, key_id(raw)


def _owner_only(path: str, flags: int) -> int:
    import os

    return os.open(path, flags, 0o600)


def public_setting(public: bytes) -> str:
    """A public key as TESSERA_PUBLIC_KEYS takes it: `key id:base64url`."""
    return f"{key_id(public)}:{urlsafe_b64encode(public).rstrip(b'=').decode()}"


def public_keys(setting: str) -> dict[str, bytes]:
    """`key id:base64url,…` → raw public keys by key id.

    Raises:
        KeyFileError: where the text is of another form.
    """
    found: dict[str, bytes] = {}
    for entry in filter(None, (part.strip() for part in setting.split(","))):
        name, _, encoded = entry.partition(":")
        try:
            raw = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        except ValueError:
            raw = b""
        if len(raw) != 32 or key_id(raw) != name:
            raise KeyFileError(f"'{entry[:24]}…' is no public key; use the text of a .pub file of 'tessera keygen'")
        found[name] = raw
    return found


def private_key(path: Path):
    """The Ed25519 key in a PEM file. Raises: KeyFileError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except FileNotFoundError:
        raise KeyFileError(f"{path}: no such key; make one with 'tessera keygen {path}'") from None
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, TypeError) as error:
        raise KeyFileError(f"{path}: not a private key in PEM form ({error})") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path}: not an Ed25519 key; make one with 'tessera keygen'")
    return key


def public_of(path: Path) -> str:
    """The TESSERA_PUBLIC_KEYS entry of a private key file."""
    return public_setting(private_key(path).public_key().public_bytes_raw())


def sign(bundle: bytes, key_path: Path) -> bytes:
    """The bundle with a signature trailer (an earlier one is replaced).

    Raises:
        KeyFileError, BundleError.
    """
    sealed = unseal(bundle)
    key = private_key(key_path)
    public = key.public_key().public_bytes_raw()
    trailer = TRAILER.pack(SIGNATURE_MAGIC, bytes.fromhex(key_id(public)), key.sign(sealed.signed))
    return bundle[: HEADER.size + len(sealed.body)] + trailer


def verify(sealed: Sealed, keys: dict[str, bytes]) -> None:
    """Check a bundle's signature against known public keys.

    Raises:
        BundleError: unsigned, signed by an unknown key, or wrongly signed.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if sealed.signature is None or sealed.key_id is None:
        raise BundleError("bundle rejected: not signed; build it with --sign KEYFILE")
    if sealed.key_id not in keys:
        raise BundleError(f"bundle rejected: signed by the unknown key {sealed.key_id}; sign it with a trusted one")
    try:
        Ed25519PublicKey.from_public_bytes(keys[sealed.key_id]).verify(sealed.signature, sealed.signed)
    except InvalidSignature:
        raise BundleError("bundle rejected: wrong signature; sign and publish it again") from None
