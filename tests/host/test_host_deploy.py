"""What would be uploaded to production, by wrangler's own dry run."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from host.tools import EDGE, ROOT

WRANGLER = ROOT / "tools" / "deploy" / "node_modules" / "wrangler"
EMPTY_WASM = b"\0asm\x01\0\0\0"

needs_wrangler = pytest.mark.skipif(not WRANGLER.is_dir(), reason="wrangler is not installed; scripts/deploy_check installs it")


@pytest.fixture
def tree(tmp_path):
    """A copy of what is deployed, small enough to change."""
    shutil.copytree(EDGE, tmp_path / "edge", ignore=shutil.ignore_patterns("__pycache__"))
    text = (ROOT / "wrangler.toml").read_text()
    (tmp_path / "wrangler.toml").write_text(re.sub(r'(?m)^directory = .*$', 'directory = "./public"', text))
    shutil.copytree(ROOT / "front", tmp_path / "front")
    front = tmp_path / "front" / "wrangler.toml"
    front.write_text(re.sub(r'(?m)^directory = .*$', 'directory = "../public"', front.read_text()))
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "index.html").write_text("<p>")
    return tmp_path


def check(tree):
    return subprocess.run([sys.executable, ROOT / "scripts" / "deploy_check", tree], capture_output=True, text=True)


@needs_wrangler
def test_javascript_and_webassembly_are_uploaded_as_such(tree):
    (tree / "edge" / "deep").mkdir()
    (tree / "edge" / "kernel.wasm").write_bytes(EMPTY_WASM)
    (tree / "edge" / "deep" / "extra.mjs").write_text("export const x = 1;\n")
    done = check(tree)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = dict(re.findall(r"^\W*([\w./]+)\W+(esm|compiled-wasm|python)\b", done.stdout, re.M))
    assert rows["bridge.mjs"] == rows["deep/extra.mjs"] == "esm"
    assert rows["kernel.wasm"] == "compiled-wasm"
    assert rows["tessera/__init__.py"] == "python"
    assert "Vendored Modules" in done.stdout
    assert sorted(path.name for path in (tree / "python_modules").iterdir()) == ["msgpack", "pyvenv.cfg", "workers"]


@needs_wrangler
def test_the_front_is_rehearsed_as_well(tree):
    done = check(tree)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"env\.EDGE \(tessera-edge\)", done.stdout)
    (tree / "front" / "front.mjs").write_text('import "./nowhere.mjs";')
    done = check(tree)
    assert done.returncode == 1 and "nowhere.mjs" in done.stderr


@needs_wrangler
def test_a_missing_rule_is_noticed(tree):
    config = tree / "wrangler.toml"
    config.write_text(re.sub(r"(?m)^rules = .*$", "", config.read_text()))
    done = check(tree)
    assert done.returncode == 1
    assert "bridge.mjs would be uploaded as nothing" in done.stderr


@needs_wrangler
def test_what_wrangler_refuses_is_shown(tree):
    config = tree / "wrangler.toml"
    config.write_text(re.sub(r"(?m)^compatibility_flags = .*$", "", config.read_text()))
    done = check(tree)
    assert done.returncode == 1
    assert "python_workers" in done.stderr


def test_the_bindings_are_those_of_the_host():
    config = tomllib.loads((ROOT / "wrangler.toml").read_text())
    assert {each["binding"] for each in config["kv_namespaces"]} == {"PROFILES", "RELEASES"}
    assert {each["binding"] for each in config["r2_buckets"]} == {"BUNDLES", "LOG", "STATE"}
    producers = {each["binding"]: each["queue"] for each in config["queues"]["producers"]}
    assert set(producers) == {"DECISIONS", "EVENTS"}
    consumers = {each["queue"]: each for each in config["queues"]["consumers"]}
    assert set(consumers) == {*producers.values(), "tessera-dead"}
    assert {each.get("dead_letter_queue") for name, each in consumers.items() if name != "tessera-dead"} == {"tessera-dead"}
    assert (config["assets"]["binding"], config["assets"]["run_worker_first"]) == ("ASSETS", True)
    assert config["main"] == "edge/entry.py"
    assert "python_workers" in config["compatibility_flags"] and config["compatibility_date"] >= "2026-09-08"
    assert not [name for name in config["vars"] if "COOKIE" in name]


def test_the_front_asks_the_worker_of_that_name_and_the_same_pages():
    edge, front = (tomllib.loads((ROOT / path).read_text()) for path in ("wrangler.toml", "front/wrangler.toml"))
    assert front["services"] == [{"binding": "EDGE", "service": edge["name"]}]
    assert {**front["assets"], "directory": (ROOT / "front" / front["assets"]["directory"]).resolve()} == {
        **edge["assets"], "directory": (ROOT / edge["assets"]["directory"]).resolve(),
    }  # fmt: skip
    assert not set(front) & {"kv_namespaces", "r2_buckets", "queues"}
    assert front["compatibility_date"] == edge["compatibility_date"]
