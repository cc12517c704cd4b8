"""Where the command line finds visitors' profiles: the store of this machine, Cloudflare's through wrangler, or a folder of files.

On this machine it is the running host's store, else the store of the state folder, opened for the moment.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from compiler.files import write_atomically
from compiler.local import Local
from host.admin import Admin
from host.process import Host
from host.tools import ROOT, HostError, node

BINDING = "PROFILES"
STATE_BINDING = "STATE"
CONFIG = "wrangler.toml"
WRANGLER = ROOT / "tools" / "deploy" / "node_modules" / "wrangler" / "bin" / "wrangler.js"
SECONDS = 600  # that wrangler may take for one call


def _bulk(values: Mapping[str, str], ttl: int | None) -> bytes:
    """The pairs as Cloudflare's bulk put takes them."""
    expiry = {} if ttl is None else {"expiration_ttl": ttl}
    return json.dumps([{"key": key, "value": value, **expiry} for key, value in values.items()]).encode()


@dataclass(frozen=True)
class LocalStore:
    """The embedded host's."""

    admin: Admin
    batch: int = 1000

    def put(self, values: Mapping[str, str], ttl: int | None) -> None:
        self.admin.put_kv_many(BINDING, values, ttl)

    def remove(self, key: str) -> None:
        self.admin.delete_kv(BINDING, key)

    def kv(self, key: str) -> str | None:
        return _text(self.admin.get_kv(BINDING, key))

    def state(self, key: str) -> str | None:
        found = self.admin.get_r2(STATE_BINDING, key)
        return _text(found.content if found else None)


@contextmanager
def admin_of(place: Local) -> Iterator[Admin]:
    """The running host of a state folder, or its stores, opened for the moment. Raises HostError."""
    running = Admin.running(place.state)
    if running is not None:
        yield running
        return
    with Host(place.root, place.state, secrets={}, variables={}, store_only=True) as store:
        yield store.admin


@dataclass(frozen=True)
class Wrangler:
    """Cloudflare's, as the pinned wrangler reaches it, with the namespaces and buckets of a wrangler.toml.

    Args:
        local: wrangler's own store on this machine, in this folder, in place of Cloudflare's.
    """

    config: Path
    local: Path | None = None
    batch: int = 10_000  # wrangler starts anew for each, which takes a second

    def put(self, values: Mapping[str, str], ttl: int | None) -> None:
        with tempfile.TemporaryDirectory() as folder:  # profiles: only we can read it
            file = Path(folder, "pairs.json")
            file.write_bytes(_bulk(values, ttl))
            self.run("kv", "bulk", "put", str(file), "--binding", BINDING)

    def remove(self, key: str) -> None:
        self.run("kv", "key", "delete", key, "--binding", BINDING)

    def kv(self, key: str) -> str | None:
        try:
            found = self.run("kv", "key", "get", key, "--binding", BINDING, "--text")
        except HostError as error:
            if "404" in str(error) or "not found" in str(error).lower():
                return None
            raise
        return None if found.strip() == b"Value not found" else _text(found.removesuffix(b"\n"))  # which wrangler adds

    def state(self, key: str) -> str | None:
        return _text(self.object(STATE_BINDING, key))

    def bucket(self, binding: str) -> str:
        """The name of a binding's bucket. Raises HostError where the configuration has none."""
        try:
            told = tomllib.loads(self.config.read_text())
        except (OSError, ValueError) as error:
            raise HostError(f"{self.config}: {error}") from None
        names = [one.get("bucket_name") for one in told.get("r2_buckets", []) if one.get("binding") == binding]
        if not names:
            raise HostError(f"{self.config}: no bucket is bound as {binding}")
        return names[0]

    def object(self, binding: str, key: str) -> bytes | None:
        """The bytes of an object; None where there is none."""
        try:
            return self.run("r2", "object", "get", f"{self.bucket(binding)}/{key}", "--pipe")
        except HostError as error:
            if "does not exist" in str(error):
                return None
            raise

    def run(self, *arguments: str) -> bytes:
        """What wrangler prints. Raises HostError with what it says where it fails."""
        if not WRANGLER.is_file():
            raise HostError("wrangler is missing; scripts/deploy_check installs it")
        where: Sequence[str | Path] = ("--remote",) if self.local is None else ("--local", "--persist-to", self.local.resolve())
        environment = {**os.environ, "WRANGLER_SEND_METRICS": "false", "CI": "1", "NO_COLOR": "1", "FORCE_COLOR": "0", "WRANGLER_HIDE_BANNER": "true"}
        command = [node(), WRANGLER, *arguments, *where, "--config", self.config.resolve()]
        try:
            done = subprocess.run(command, env=environment, capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            raise HostError(f"wrangler {' '.join(arguments[:3])}: no answer within {SECONDS} s") from None
        if done.returncode != 0:
            said = (done.stderr or done.stdout).decode(errors="replace")
            words = next((line.strip() for line in said.splitlines() if "ERROR" in line), said.strip()[-500:])
            raise HostError(f"wrangler {' '.join(arguments[:3])}: {words}")
        return done.stdout


@dataclass(frozen=True)
class Folder:
    """Files for another uploader, each as Cloudflare's bulk put takes it."""

    path: Path
    batch: int = 10_000

    def put(self, values: Mapping[str, str], ttl: int | None) -> None:
        body = _bulk(values, ttl)
        number = 1
        while (file := self.path / f"bulk-{number:05}.json").exists() and file.read_bytes() != body:
            number += 1
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            write_atomically(file, body)
        except OSError as error:
            raise HostError(f"{file}: {error.strerror}") from None


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="replace")
