"""What the commands about profiles and the log share: their options, and the store that these name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from compiler.terminal import fail

LEAST_TTL = 60  # seconds: the platform's

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
DIR = click.Path(exists=True, file_okay=False, path_type=Path)
CLOUDFLARE = click.option("--cloudflare", is_flag=True, help="Use Cloudflare's store, through wrangler.")
CONFIG = click.option("--config", type=click.Path(dir_okay=False, path_type=Path), default="wrangler.toml", show_default=True, metavar="FILE", help="With --cloudflare: whose namespaces and buckets.")
NAMES = click.option("--names", type=FILE, metavar="FILE", help="With --cloudflare: the names of the bucket's objects, one a line (wrangler lists none).")
DRY = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")


@contextmanager
def store_of(cloudflare: bool, config: Path, out: Path | None, state: Path | None) -> Iterator[Any]:
    """The store of profiles: Cloudflare's, a folder of files, or this machine's. Raises HostError."""
    from compiler.local import local
    from compiler.profile_stores import Folder, LocalStore, Wrangler, admin_of

    if out is not None:
        yield Folder(out)
    elif cloudflare:
        yield Wrangler(config)
    else:
        with admin_of(local(state)) as admin:
            yield LocalStore(admin)


@contextmanager
def bucket(binding: str, cloudflare: bool, config: Path, names: Path | None, state: Path | None) -> Iterator[tuple[Any, Any]]:
    """A bucket, and the store of profiles beside it. Raises HostError."""
    from compiler.local import local
    from compiler.objects import LocalObjects, WranglerObjects
    from compiler.profile_stores import LocalStore, Wrangler, admin_of

    if cloudflare != (names is not None):
        fail("--cloudflare and --names FILE go together: wrangler lists no objects; any client of S3 does", 2)
    if cloudflare:
        wrangler = Wrangler(config)
        known = [line.strip() for line in names.read_text("utf-8").splitlines() if line.strip()]
        yield WranglerObjects(wrangler, binding, known), wrangler
        return
    with admin_of(local(state)) as admin:
        yield LocalObjects(admin, binding), LocalStore(admin)
