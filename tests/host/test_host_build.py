"""What the host loads is built the same everywhere, once, and from pure Python."""

from __future__ import annotations

import os
import zipfile
from io import BytesIO

import pytest

from host import build as building
from host import vendor
from host.build import archive, build, python_sources
from host.tools import EDGE, ROOT, HostError


@pytest.fixture
def edge(tmp_path):
    folder = tmp_path / "edge"
    (folder / "deep").mkdir(parents=True)
    (folder / "entry.py").write_text("class Default: pass\n")
    (folder / "deep" / "mod.py").write_text("x = 1\n")
    (folder / "bridge.mjs").write_text("export {}\n")
    (folder / "deep" / "kernel.wasm").write_bytes(b"\0asm\1\0\0\0")
    (folder / "notes.txt").write_text("no")
    return folder


def test_the_archive_is_reproducible_and_stored(edge):
    first = archive(python_sources(edge))
    os.utime(edge / "entry.py", (1, 1))
    assert archive(dict(reversed(python_sources(edge).items()))) == first
    with zipfile.ZipFile(BytesIO(first)) as packed:
        infos = packed.infolist()
    assert {info.compress_type for info in infos} == {zipfile.ZIP_STORED}
    names = {info.filename for info in infos}
    assert {"entry.py", "deep/mod.py", "host_adapter.py", "python_modules/workers/__init__.py", "python_modules/msgpack/fallback.py"} <= names
    assert {name.rsplit(".", 1)[1] for name in names} == {"py"}


def test_modules_keep_their_place_and_kind(edge, tmp_path):
    modules = {m.name: m.type for m in build(edge, cache=tmp_path / "cache", snapshot=False).modules}
    assert (modules["bridge.mjs"], modules["deep/kernel.wasm"]) == ("ESModule", "CompiledWasm")
    assert next(iter(modules)) == "host.mjs"
    assert "notes.txt" not in modules


def test_python_alone_decides_whether_a_new_build_is_needed(edge, tmp_path):
    folder = lambda: build(edge, cache=tmp_path / "cache", snapshot=False).folder
    first = folder()
    (edge / "bridge.mjs").write_text("export const x = 1\n")
    assert folder() == first
    (edge / "deep" / "mod.py").write_text("x = 2\n")
    assert folder() != first


def test_a_name_of_the_hosts_own_is_refused(edge, tmp_path):
    (edge / "host.mjs").write_text("")
    with pytest.raises(HostError, match="host.mjs"):
        build(edge, cache=tmp_path / "cache", snapshot=False)


def test_an_edge_without_entry_is_refused(tmp_path):
    with pytest.raises(HostError, match="no entry.py"):
        build(tmp_path, cache=tmp_path / "cache", snapshot=False)


def test_old_builds_go_but_none_in_use(edge, tmp_path):
    cache = tmp_path / "cache"
    for n in range(8):
        (edge / "deep" / "mod.py").write_text(f"x = {n}\n")
        folder = build(edge, cache=cache, snapshot=False).folder
        if n < 5:
            os.utime(folder, (n, n))
    kept = [path for path in cache.iterdir() if path.is_dir()]
    assert len(kept) == building.KEEP_BUILDS


def test_what_ships_is_pure_python():
    names = vendor.vendored()
    assert not [name for name in names if name.endswith((".so", ".pth", ".pyc"))]
    assert {"workers/__init__.py", "workers/workflows.js", "msgpack/__init__.py"} <= set(names)


def test_vendoring_replaces_what_is_there(tmp_path):
    target = tmp_path / "python_modules"
    (target / "stale").mkdir(parents=True)
    vendor.write(target)
    vendor.write(target)
    assert sorted(path.name for path in target.iterdir()) == ["msgpack", "pyvenv.cfg", "workers"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["python_modules"]


def test_lock_files_name_no_registry():
    for path in (ROOT / "package-lock.json", ROOT / "tools" / "deploy" / "package-lock.json"):
        assert '"resolved"' not in path.read_text()


def test_the_worker_has_no_module_of_the_hosts():
    for path in EDGE.rglob("*.mjs"):
        text = path.read_text()
        assert not [name for name in building.HOST_MODULES if f'/{name}.mjs"' in text], path.name
        assert "HOST_" not in text and "tessera-host" not in text, path.name
