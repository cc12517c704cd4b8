"""What development keeps on this machine, in an ignored folder: keys made here, and the local stores."""

from __future__ import annotations

import getpass
import os
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from compiler import sign

if TYPE_CHECKING:
    from compiler.releases.publish import Author

FOLDER = ".tessera"


@dataclass(frozen=True, slots=True)
class Local:
    """The folder's paths. `state` holds the stores of the embedded host."""

    root: Path

    @property
    def signing_key(self) -> Path:
        return self.root / "keys" / "signing.key"

    @property
    def cookie_key(self) -> Path:
        return self.root / "keys" / "cookie.key"

    @property
    def state(self) -> Path:
        return self.root / "state"


def local(folder: Path | None = None) -> Local:
    """The local folder (default: `.tessera` here), with a signing key and a cookie key made when they are not there."""
    found = Local((folder or Path(FOLDER)).absolute())
    if not found.signing_key.exists():
        sign.generate(found.signing_key)
    if not found.cookie_key.exists():
        text = f"dev:{urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b'=').decode()}"
        handle = os.open(found.cookie_key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w") as file:
            file.write(text)
    return found


def author(place: Local) -> Author:
    """Whoever develops here: releases of the local store are signed with its own key."""
    from compiler.releases.documents import trusted
    from compiler.releases.publish import Author

    return Author(login(), place.signing_key, trusted((sign.public_of(place.signing_key),)))


def login() -> str:
    """The name of whoever is logged in, as far as the system tells it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
