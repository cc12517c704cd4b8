"""Keys and signatures: made once, never overwritten, named by their digest; a wrong one is refused in one line."""

import stat
from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given

from compiler.emit import emit
from compiler.sign import KeyFileError, generate, key_id, public_keys, public_of, public_setting, sign, verify
from tests.edge import hostile
from tests.edge.sites import program, slot
from tessera.bundle import BundleError, load, unseal

DATA = emit(program(slot("hero"), attributes=()))


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "keys" / "site.pem"
    generate(path)
    return path


def test_a_key_pair(tmp_path):
    path = tmp_path / "keys" / "site.pem"
    public, name = generate(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert public == path.with_suffix(".pub") and public.read_text() == public_of(path) + "\n"
    ((found, raw),) = public_keys(public.read_text()).items()
    assert found == name == key_id(raw) == sha256(raw).hexdigest()[:16]


def test_a_key_is_never_overwritten(key):
    before = key.read_bytes()
    with pytest.raises(KeyFileError, match="never overwritten"):
        generate(key)
    assert key.read_bytes() == before


def test_neither_is_a_public_key_of_the_same_name(key):
    public = key.with_suffix(".pub")
    before = public.read_text()
    with pytest.raises(KeyFileError, match="never overwritten"):
        generate(key.with_suffix(".key"))
    assert public.read_text() == before


def test_a_private_key_is_never_its_own_public_key(tmp_path):
    with pytest.raises(KeyFileError, match="another name"):
        generate(tmp_path / "site.pub")


def test_what_is_signed_is_verified(key):
    sealed = unseal(sign(DATA, key))
    verify(sealed, public_keys(public_of(key)))
    assert load(sealed).name == unseal(DATA).name, "a signature does not change the name"


def test_signing_again_replaces_the_signature(key, tmp_path):
    other = tmp_path / "other.pem"
    generate(other)
    twice = sign(sign(DATA, key), other)
    assert len(twice) == len(sign(DATA, key))
    verify(unseal(twice), public_keys(public_of(other)))
    assert sign(twice, key) == sign(DATA, key)


def test_one_of_several_keys_is_enough(key, tmp_path):
    other = tmp_path / "other.pem"
    generate(other)
    verify(unseal(sign(DATA, key)), public_keys(f" {public_of(other)}, {public_of(key)},\n"))


def test_what_is_refused(key, tmp_path):
    other = tmp_path / "other.pem"
    generate(other)
    for data, keys, says in [
        (DATA, public_of(key), "not signed"),
        (sign(DATA, key), "", "unknown key"),
        (sign(DATA, key), public_of(other), "unknown key"),
        (sign(DATA, key)[:-1] + bytes([sign(DATA, key)[-1] ^ 1]), public_of(key), "wrong signature"),
    ]:
        with pytest.raises(BundleError, match=says) as caught:
            verify(unseal(data), public_keys(keys))
        assert "\n" not in str(caught.value)


def test_what_is_no_bundle_is_not_signed(key):
    with pytest.raises(BundleError):
        sign(b"<html>", key)


def pem(private) -> bytes:
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


@pytest.mark.parametrize(
    "content, says",
    [
        (None, "no such key; make one with 'tessera keygen"),
        (b"", "not a private key"),
        (b"-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n", "not a private key"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "not an Ed25519 key"),
    ],
    ids=["missing", "empty", "damaged", "of another kind"],
)
def test_broken_key_files(tmp_path, content, says):
    path = tmp_path / "key.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(KeyFileError, match=says):
        sign(DATA, path)


def test_a_folder_is_no_key(tmp_path):
    with pytest.raises(KeyFileError):
        sign(DATA, tmp_path)


RAW = bytes(range(32))
ENCODED = urlsafe_b64encode(RAW).rstrip(b"=").decode()


@pytest.mark.parametrize("setting", [public_setting(RAW), f"{public_setting(RAW)}=", f" , {public_setting(RAW)} ,"])
def test_public_keys(setting):
    assert public_keys(setting) == {key_id(RAW): RAW}


@pytest.mark.parametrize("setting", ["x", ENCODED, f"0000000000000000:{ENCODED}", f"{key_id(RAW)}:{ENCODED[:-4]}", f"{key_id(RAW)}:é", f"{key_id(RAW)}:"])
def test_what_is_no_public_key_is_refused(setting):
    with pytest.raises(KeyFileError, match="is no public key") as caught:
        public_keys(setting)
    assert "\n" not in str(caught.value)


@given(hostile.text)
def test_no_setting_makes_it_raise_anything_else(text):
    for setting in (text, f"{key_id(RAW)}:{text}", f"{text}:{ENCODED}"):
        try:
            public_keys(setting)
        except KeyFileError:
            pass
