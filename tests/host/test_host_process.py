"""Starting, stopping and administering the host."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from asking import Client
from host.build import build
from host.process import Admin, Conflict, Host, HostError
from host.tools import ROOT

pytestmark = pytest.mark.xdist_group("host")


def children(pid: int) -> set[int]:
    """The processes of the group that `pid` leads."""
    return {int(line) for line in subprocess.run(["pgrep", "-g", str(pid)], capture_output=True, text=True).stdout.split()}


def gone(pids, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2] for pid in pids):
            return True
        time.sleep(0.1)
    return False


@pytest.fixture(scope="module")
def store(site, tmp_path_factory):
    state = tmp_path_factory.mktemp("store")
    with Host(site, state, secrets={}, variables={}, store_only=True) as host:
        yield host


# --- the admin server ---


def test_store_only_starts_without_a_worker(store):
    assert store.url is None
    assert store.admin.status() == {"url": None, "storeOnly": True, "pid": store.admin.status()["pid"]}


def test_kv(store):
    admin = store.admin
    key = "profile:ä/b c?d#e%2f..\x01"
    assert admin.get_kv("PROFILES", key) is None
    admin.put_kv("PROFILES", key, b"\x00\xff")
    admin.put_kv("PROFILES", "other", "text")
    assert admin.get_kv("PROFILES", key) == b"\x00\xff"
    assert admin.list_kv("PROFILES", "profile:") == [key]
    assert sorted(admin.list_kv("PROFILES")) == sorted([key, "other"])
    admin.delete_kv("PROFILES", key)
    admin.delete_kv("PROFILES", key)
    assert admin.get_kv("PROFILES", key) is None
    assert admin.list_kv("RELEASES") == []


def test_r2_writes_on_condition(store):
    admin = store.admin
    key = "releases/current.json"
    first = admin.put_r2("BUNDLES", key, b"1", if_none_match="*")
    with pytest.raises(Conflict):
        admin.put_r2("BUNDLES", key, b"2", if_none_match="*")
    second = admin.put_r2("BUNDLES", key, b"2", if_match=first)
    with pytest.raises(Conflict):
        admin.put_r2("BUNDLES", key, b"3", if_match=first)
    with pytest.raises(Conflict):
        admin.put_r2("BUNDLES", "absent", b"3", if_match=first)
    found = admin.get_r2("BUNDLES", key)
    assert (found.content, found.etag) == (b"2", second)
    admin.delete_r2("BUNDLES", key)
    assert admin.get_r2("BUNDLES", key) is None
    assert admin.list_r2("BUNDLES") == []


def test_a_list_of_many_is_whole(store):
    for n in range(1_050):
        store.admin.put_kv("RELEASES", f"many/{n:04}", "x")
    assert len(store.admin.list_kv("RELEASES", "many/")) == 1_050


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic {token}", "bearer {token}", "Bearer {token}x", "{token}"])
def test_without_the_token_nothing_is_told(store, header):
    headers = {} if header is None else {"Authorization": header.format(token=store.token)}
    for address in ("/status", "/kv/PROFILES?prefix=", "/nowhere"):
        with pytest.raises(HTTPError) as raised:
            urlopen(Request(store.admin_url + address, headers=headers))
        assert raised.value.code == 401


@pytest.mark.parametrize("method, address, status", [
    ("GET", "/", 404), ("GET", "/kv", 404), ("GET", "/kv/NOPE?prefix=", 404), ("GET", "/kv/constructor/x", 404), ("GET", "/r2/LOG/absent", 404),
    ("POST", "/kv/PROFILES/x", 405), ("PUT", "/kv/PROFILES", 405), ("GET", "/kv/PROFILES/%ff", 400), ("PUT", "/status", 404),
])
def test_what_the_admin_refuses(store, method, address, status):
    request = Request(store.admin_url + address, method=method, headers={"Authorization": f"Bearer {store.token}"})
    with pytest.raises(HTTPError) as raised:
        urlopen(request)
    assert raised.value.code == status
    assert json.loads(raised.value.read())["error"]


def test_a_body_over_the_bound_is_refused(store):
    """Refused by its announced length, before any of it is read."""
    address = urlsplit(store.admin_url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        lines = ["PUT /kv/PROFILES/x HTTP/1.1", f"Host: {address.netloc}", f"Authorization: Bearer {store.token}", f"Content-Length: {33 << 20}", "", ""]
        connection.sendall("\r\n".join(lines).encode())
        assert b" 413 " in connection.recv(4096).split(b"\r\n")[0]
    assert store.admin.get_kv("PROFILES", "x") is None


def test_only_the_loopback_address_is_served(store, client):
    for url in (store.admin_url, client.host.url, client.host.admin_url):
        port = urlsplit(url).port
        listening = subprocess.run(["ss", "-ltnH", f"sport = :{port}"], capture_output=True, text=True)
        if listening.returncode == 0:
            assert [line.split()[3] for line in listening.stdout.splitlines()] == [f"127.0.0.1:{port}"]


# --- one host at a time on a folder ---


def test_a_running_host_is_found_and_a_second_refused(site, store):
    found = Admin.running(store.state)
    assert (found.url, found.token) == (store.admin_url, store.token)
    assert (store.state / "host.json").stat().st_mode & 0o777 == 0o600
    with pytest.raises(HostError, match="another host"):
        Host(site, store.state, secrets={}, variables={}, store_only=True).start()
    assert Admin.running(store.state) == found


def test_nothing_is_found_where_nothing_runs(tmp_path):
    assert Admin.running(tmp_path) is None
    (tmp_path / "host.json").write_text("{")
    assert Admin.running(tmp_path) is None
    facts = {"url": None, "admin_url": "http://127.0.0.1:9", "token": "x", "pid": os.getpid()}
    (tmp_path / "host.json").write_text(json.dumps(facts))
    assert Admin.running(tmp_path) is None


def test_what_is_stored_stays_for_the_next_host(site, tmp_path):
    with Host(site, tmp_path, secrets={"K": "very-secret"}, variables={}, store_only=True) as host:
        host.admin.put_kv("RELEASES", "current", "{}")
        etag = host.admin.put_r2("BUNDLES", "bundles/b", b"\x00" * 100_000)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["host.log", "kv", "r2"]
    with Host(site, tmp_path, secrets={}, variables={}, store_only=True) as host:
        assert host.admin.get_kv("RELEASES", "current") == b"{}"
        assert host.admin.get_r2("BUNDLES", "bundles/b").etag == etag
    assert "very-secret" not in host.log_file.read_text()


# --- starting and stopping ---


def test_stopping_leaves_nothing_behind(site, tmp_path):
    host = Host(site, tmp_path, secrets={}, variables={}, store_only=True)
    host.start()
    group = children(host.admin.status()["pid"])
    assert len(group) >= 2  # node and workerd
    host.stop()
    host.stop()
    assert gone(group)
    assert (host.url, host.admin_url, Admin.running(tmp_path)) == (None, None, None)
    with pytest.raises(HostError):
        host.admin


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_workerd_too(site, tmp_path, number):
    host = Host(site, tmp_path, secrets={}, variables={}, store_only=True)
    host.start()
    pid = host.admin.status()["pid"]
    group = children(pid)
    os.kill(pid, number)
    assert gone(group - {pid})
    host.stop()


def test_the_host_ends_when_its_parent_is_killed(site, tmp_path):
    script = (
        "import sys; from pathlib import Path; from host.process import Host\n"
        f"h = Host(Path({str(site)!r}), Path({str(tmp_path)!r}), secrets={{}}, variables={{}}, store_only=True)\n"
        "h.start(); print(h.admin.status()['pid'], flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    group = children(int(parent.stdout.readline()))
    assert len(group) >= 2
    parent.kill()
    parent.wait()
    assert gone(group)


def test_a_taken_port_is_said(site, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(HostError, match="(?s)did not start.*(in use|EADDRINUSE)"):
            Host(site, tmp_path, port=port, secrets={}, variables={}, store_only=True).start()
    assert not list(tmp_path.glob(".config-*"))


def test_a_folder_without_pages_is_said(tmp_path):
    with pytest.raises(HostError, match="no folder of pages"):
        Host(tmp_path / "absent", tmp_path / "state", secrets={}, variables={}).start()


def test_an_entry_that_cannot_be_imported_is_said(site, tmp_path):
    (tmp_path / "edge").mkdir()
    (tmp_path / "edge" / "entry.py").write_text("import no_such_module")
    (tmp_path / "edge" / "bridge.mjs").write_text("export const hasBegun = () => false;\nexport const serve = null;\n")
    for snapshot in (True, False):
        with pytest.raises(HostError, match="no_such_module"):
            Host(site, tmp_path / "state", secrets={}, variables={}, edge=tmp_path / "edge", snapshot=snapshot).start()


def test_two_hosts_that_need_the_same_new_snapshot(worker, site, tmp_path):
    edge = tmp_path / "edge"
    edge.mkdir()
    for path in worker.iterdir():
        (edge / path.name).write_bytes(path.read_bytes())
    (edge / "entry.py").write_text((edge / "entry.py").read_text() + f"\nFRESH = {time.time_ns()}\n")
    script = (
        "import sys; from pathlib import Path; from urllib.request import urlopen; from host.process import Host\n"
        "site, edge, state = map(Path, sys.argv[1:])\n"
        "with Host(site, state, secrets={}, variables={}, edge=edge) as h: print(urlopen(h.url + '/').status)"
    )
    commands = [[sys.executable, "-c", script, site, edge, tmp_path / f"state{n}"] for n in (1, 2)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for command in commands]
    assert [process.communicate(timeout=170)[0] for process in running] == ["200\n", "200\n"]
    assert not list(build(edge).folder.glob(".*"))


def test_without_a_snapshot_it_is_the_same(worker, site, tmp_path):
    with Host(site, tmp_path, secrets={}, variables={}, edge=worker, snapshot=False) as host:
        reply = Client(host).page("/", [["slot", "#m", "inner", "1", "new"]])
    assert b"<main id=m>new</main>" in reply.body
