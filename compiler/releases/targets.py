"""Which store a target's text names.

`local`, `local:DIR` (what `tessera dev` keeps), `cloudflare` (with the ids of a wrangler.toml) or
`cloudflare:ACCOUNT_ID/BUCKET/KV_NAMESPACE_ID`, `s3://bucket/prefix`, a folder, or a URL of any file system that fsspec knows.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from compiler.releases.patience import Patience
from compiler.releases.stores import Store, StoreError

CONFIG = Path("wrangler.toml")
S3_RIGHTS = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_REGION, AWS_ENDPOINT_URL) of somebody who may read, write and list there"
LOOPBACK = "127.0.0.1", "::1", "localhost"

_AMAZON = {  # the later ones win
    "AWS_ACCESS_KEY_ID": "access_key_id",
    "AWS_SECRET_ACCESS_KEY": "secret_access_key",
    "AWS_SESSION_TOKEN": "session_token",
    "AWS_DEFAULT_REGION": "region",
    "AWS_REGION": "region",
    "AWS_ENDPOINT": "endpoint",
    "AWS_ENDPOINT_URL": "endpoint",
    "AWS_ENDPOINT_URL_S3": "endpoint",
}
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


@contextmanager
def open_target(
    text: str,
    state: Path | None = None,
    *,
    config: Path = CONFIG,
    environment: Mapping[str, str] | None = None,
    patience: Patience = Patience(),
) -> Iterator[Store]:
    """The store that a target's text names, for as long as the block lasts.

    Args:
        text: see above. state: the folder of `local`, where the text names none.
        config: the wrangler.toml of `cloudflare`. environment: where credentials are looked for; None: this process's.
    Raises:
        StoreError: no such kind of target, no credentials for it, or it does not answer.
    """
    kind, _, rest = text.partition(":")
    variables = os.environ if environment is None else environment
    with ExitStack() as stack:
        if kind == "local":
            yield stack.enter_context(_local(Path(rest) if rest else state))
        elif kind == "cloudflare" and not rest.startswith("//"):
            from compiler.releases.cloudflare import cloudflare, place_of

            yield cloudflare(place_of(text, config, variables), variables, patience)
        elif "://" in text:
            yield _url(text, variables, patience)
        elif _KIND.match(text):
            raise StoreError(f"{text}: no such kind of target; there are local, cloudflare, s3://…, folders and URLs")
        else:
            yield _folder(text)


@contextmanager
def _local(folder: Path | None) -> Iterator[Store]:
    from compiler.local import FOLDER, local
    from compiler.profile_stores import admin_of
    from compiler.releases.local_store import LocalStore
    from host.tools import HostError

    with ExitStack() as stack:
        try:
            admin = stack.enter_context(admin_of(local(folder)))
        except (HostError, OSError) as error:
            raise StoreError(f"local:{folder or FOLDER}: {error}; nothing was changed") from None
        yield LocalStore(admin, f"local:{folder or FOLDER}")


def _url(text: str, variables: Mapping[str, str], patience: Patience) -> Store:
    from compiler.releases.files import Folder, remote
    from compiler.releases.s3 import S3Target, bucket
    from compiler.releases.versions import VersionedStore

    parts = urlsplit(text)
    if parts.scheme == "file":
        return VersionedStore(Folder(Path(url2pathname(parts.path))))
    if parts.scheme == "s3":
        if not parts.hostname or parts.query:
            raise StoreError(f"{text.partition('?')[0]}: not of the form s3://bucket/prefix")
        client = bucket(parts.netloc, parts.path.strip("/"), _amazon(variables))
        return S3Target(client, f"s3://{parts.netloc}{parts.path.rstrip('/')}", S3_RIGHTS, patience)
    return VersionedStore(remote(text))


def _amazon(variables: Mapping[str, str]) -> dict[str, str]:
    """What AWS_* variables say of the place and who asks; what else there is of them, the library reads by itself."""
    options = {option: variables[name] for name, option in _AMAZON.items() if variables.get(name)}
    endpoint = urlsplit(options.get("endpoint", "https://"))
    if endpoint.scheme != "https" and endpoint.hostname not in LOOPBACK and variables.get("AWS_ALLOW_HTTP") != "true":
        raise StoreError(f"{options['endpoint']} is not https; AWS_ALLOW_HTTP=true allows it")
    return options


def _folder(text: str) -> Store:
    from compiler.releases.files import Folder
    from compiler.releases.versions import VersionedStore

    folder = Path(text)
    if not text or (len(folder.parts) == 1 and not text.startswith(".") and "/" not in text and not folder.is_dir()):
        raise StoreError(f"no target {text!r}: local, cloudflare, s3://…, a URL, or a folder (a new one: ./{text})")
    return VersionedStore(Folder(folder.absolute()))
