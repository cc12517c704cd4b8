"""Bundles byte for byte: small sites against their golden text, and the shop built twice in different surroundings.

`TESSERA_UPDATE_GOLDENS=1` writes the golden texts anew.
"""

from __future__ import annotations

import os
import pprint
import shutil
import struct
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import msgpack
import pytest
from ruamel.yaml import YAML

from compiler.pipeline import compile_site
from tests.golden.cases import BASE, HERE, UPDATE
from tessera.bundle import HEADER, load, unseal

ROOT = HERE.parents[1]
STORE = ROOT / "rulesets" / "store"
CASES = sorted((HERE / "bundles").glob("*.yaml"))


def written(case: Path, folder: Path) -> Path:
    """The site of a case, as files."""
    told = YAML(typ="safe", pure=True).load(case.read_text("utf-8"))
    if told.get("base"):
        shutil.copytree(BASE, folder)
    for name, text in told["files"].items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return folder


def shown(data: bytes) -> str:
    """A bundle as text: its name, its header and every section; small ones whole, in base64."""
    sealed = unseal(data)
    (length,) = struct.unpack_from(">I", sealed.body)
    envelope = msgpack.unpackb(sealed.body[8 : 8 + length])
    lines = [f"bundle {sealed.name}", f"{len(data)} bytes, header {data[: HEADER.size].hex()}", "", "envelope", pretty(envelope)]
    for name, offset, size, kind in envelope["sections"]:
        raw = sealed.body[offset : offset + size]
        lines += ["", f"{name}: {kind}, {size} bytes at {offset}", raw.hex() if kind != "msgpack" else pretty(msgpack.unpackb(raw, strict_map_key=False))]
    if len(data) < 1024:
        whole = b64encode(data).decode()
        lines += ["", "in base64", *(whole[at : at + 120] for at in range(0, len(whole), 120))]
    return "\n".join(lines) + "\n"


def pretty(value: object) -> str:
    return pprint.pformat(value, width=140, sort_dicts=False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_bytes(case, tmp_path):
    data = compile_site(written(case, tmp_path / "site")).bundle
    golden = case.with_suffix(".txt")
    if UPDATE:
        golden.write_text(shown(data), "utf-8")
    assert shown(data) == golden.read_text("utf-8")
    assert load(unseal(data)).name == unseal(data).name


def built(site: Path, out: Path, seed: str) -> bytes:
    """The bundle of a site, built by the command in a process of its own."""
    environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo" if seed == "1" else "America/New_York", "LC_ALL": "C"}
    command = [sys.executable, "-m", "compiler.cli", "build", site.name, "--out", str(out)]
    subprocess.run(command, cwd=site.parent, env={**environment, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True, timeout=60)
    return out.read_bytes()


def test_the_same_files_give_the_same_bytes_wherever_and_however_they_lie(tmp_path):
    here = shutil.copytree(STORE, tmp_path / "here" / "shop")
    there = tmp_path / "there" / "some where else" / "another name"
    for path in sorted(STORE.rglob("*"), reverse=True):  # made in another order, with other times
        if path.is_file():
            target = there / path.relative_to(STORE)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
            os.utime(target, (1, 1))
    first, second = built(here, tmp_path / "first.tessera", "1"), built(there, tmp_path / "second.tessera", "4242")
    assert first == second
    assert first == compile_site(STORE).bundle


def test_line_ends_and_a_byte_order_mark_change_nothing(tmp_path):
    site = shutil.copytree(BASE, tmp_path / "site")
    plain = compile_site(site).bundle
    for path in [*site.rglob("*.yaml"), *site.rglob("*.csv")]:
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert compile_site(site).bundle == plain
