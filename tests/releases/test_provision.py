"""`tessera provision`: what a deployment needs is said, made once, and never shown where it is secret."""

from __future__ import annotations

import json
import tomllib
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compiler.cli_provision import provision
from compiler.releases.provision import cookie_key, needs, with_ids
from compiler.releases.stores import StoreError
from tests.releases.cloudflare import Cloudflare

OWN = Path(__file__).parents[2] / "wrangler.toml"
WORKER = "tessera-edge"


@pytest.fixture
def account() -> Iterator[Cloudflare]:
    with Cloudflare() as made:
        yield made


@pytest.fixture
def config(tmp_path) -> Path:
    copied = tmp_path / "wrangler.toml"
    copied.write_text(OWN.read_text())
    return copied


def ran(config: Path, *arguments: str, account: Cloudflare | None = None, code: int = 0, **environment: str) -> Result:
    variables = {"TESSERA_CLOUDFLARE_TOKEN": "", "CLOUDFLARE_API_TOKEN": "", "TESSERA_CLOUDFLARE_ACCOUNT": "", "CLOUDFLARE_ACCOUNT_ID": ""}
    result = CliRunner().invoke(provision, ["--config", str(config), *arguments], env={**variables, **(account.environment if account else {}), **environment})
    assert result.exit_code == code, result.output
    return result


def told(config: Path, *arguments: str, **more) -> dict:
    return json.loads(ran(config, *arguments, "--json", **more).stdout)


def test_it_says_what_is_needed_without_asking_anybody(config):
    text = ran(config).stdout
    names = {"PROFILES", "RELEASES", "tessera-bundles", "tessera-log", "tessera-state", "tessera-decisions", "tessera-events", "tessera-dead", "TESSERA_COOKIE_KEYS"}
    assert all(name in text for name in names)
    assert "Workers Paid" in text and "TESSERA_PUBLIC_KEYS is empty" in text
    assert {need["there"] for need in told(config)["needs"]} == {None}


def test_all_that_the_configuration_binds_is_among_it():
    config = tomllib.loads(OWN.read_text())
    found = {(need.kind, need.name) for need in needs(config)}
    queues = {one["queue"] for kind in ("producers", "consumers") for one in config["queues"][kind]}
    queues |= {one["dead_letter_queue"] for one in config["queues"]["consumers"] if "dead_letter_queue" in one}
    assert {name for kind, name in found if kind == "queue"} == queues
    assert {name for kind, name in found if kind == "R2 bucket"} == {one["bucket_name"] for one in config["r2_buckets"]}
    assert {name for kind, name in found if kind == "KV namespace"} == {f"{WORKER}-{one['binding']}" for one in config["kv_namespaces"]}


def test_a_plan_changes_nothing(account, config):
    account.state.buckets["tessera-log"] = {}
    rows = {row["name"]: row["there"] for row in told(config, "--plan", account=account)["needs"]}
    assert rows["tessera-log"] is True and rows["tessera-state"] is False and rows["TESSERA_COOKIE_KEYS"] is False
    assert not account.state.namespaces and not account.state.queues and list(account.state.buckets) == ["tessera-log"]
    assert all(line.startswith("GET ") for line in account.asked)


def test_it_makes_what_is_missing_once(account, config):
    account.state.scripts[WORKER] = {}
    account.state.buckets["tessera-log"] = {"kept": b"1"}
    first = told(config, "--apply", "--write", account=account)
    assert "tessera-log" not in first["made"] and len(first["made"]) == 8
    assert set(account.state.buckets) == {"tessera-bundles", "tessera-log", "tessera-state"} and account.state.buckets["tessera-log"] == {"kept": b"1"}
    assert sorted(account.state.namespaces.values()) == [f"{WORKER}-PROFILES", f"{WORKER}-RELEASES"]
    assert sorted(account.state.queues) == ["tessera-dead", "tessera-decisions", "tessera-events"]
    key = account.state.scripts[WORKER]["TESSERA_COOKIE_KEYS"]

    asked = len(account.asked)
    assert told(config, "--apply", account=account)["made"] == []
    assert all(line.startswith("GET ") for line in account.asked[asked:])
    assert account.state.scripts[WORKER] == {"TESSERA_COOKIE_KEYS": key}


def test_the_ids_are_written_and_all_else_stays(account, config):
    account.state.scripts[WORKER] = {}
    ran(config, "--apply", "--write", account=account)
    ids = {title: id_ for id_, title in account.state.namespaces.items()}
    before, after = OWN.read_text().splitlines(), config.read_text().splitlines()
    changed = [line for old, line in zip(before, after, strict=True) if old != line]
    assert [line.partition("#")[0].strip() for line in changed] == [f'id = "{ids[f"{WORKER}-PROFILES"]}"', f'id = "{ids[f"{WORKER}-RELEASES"]}"']
    assert all("# " in line for line in changed)  # the comments too


def test_without_write_the_ids_are_said(account, config):
    account.state.scripts[WORKER] = {}
    text = ran(config, "--apply", account=account).stdout
    assert all(f'id = "{id_}"' in text for id_ in account.state.namespaces)
    assert config.read_text() == OWN.read_text()


def test_secrets_wait_for_the_worker(account, config):
    assert "deploy tessera-edge" in ran(config, "--apply", "--write", account=account, code=1).stdout
    account.state.scripts[WORKER] = {"TESSERA_API_KEYS": "kept"}
    assert told(config, "--apply", account=account)["made"] == ["TESSERA_COOKIE_KEYS"]
    assert account.state.scripts[WORKER]["TESSERA_API_KEYS"] == "kept"


def test_the_cookie_key_is_never_shown(account, config):
    account.state.scripts[WORKER] = {}
    for arguments in (["--apply"], ["--apply", "--json"], ["--plan"]):
        output = ran(config, *arguments, account=account).output
        secret = account.state.scripts[WORKER]["TESSERA_COOKIE_KEYS"]
        assert secret not in output and secret.partition(":")[2] not in output and account.state.token not in output


def test_a_cookie_key_is_thirty_two_random_bytes():
    name, _, value = cookie_key().partition(":")
    assert name == "k1" and len(urlsafe_b64decode(value + "=")) == 32 and cookie_key() != cookie_key()


def test_a_cookie_key_that_is_kept_is_the_one_that_is_set(account, config, tmp_path):
    file = tmp_path / "cookie.key"
    ran(config, "--apply", "--cookie-key", str(file), account=account, code=1)
    assert not file.exists()  # no Worker yet: nothing to set
    account.state.scripts[WORKER] = {}
    ran(config, "--apply", "--cookie-key", str(file), account=account)
    key = account.state.scripts[WORKER].pop("TESSERA_COOKIE_KEYS")
    assert file.read_text() == key and file.stat().st_mode & 0o777 == 0o600
    ran(config, "--apply", "--cookie-key", str(file), account=account)
    assert account.state.scripts[WORKER].pop("TESSERA_COOKIE_KEYS") == key
    file.write_text("k1:c2hvcnQ")
    assert "at least 16 bytes" in ran(config, "--apply", "--cookie-key", str(file), account=account, code=1).stderr
    assert account.state.scripts[WORKER] == {}


def test_a_jurisdiction_is_asked_for(account, config):
    config.write_text(config.read_text().replace('bucket_name = "tessera-log"', 'bucket_name = "tessera-log"\njurisdiction = "eu"'))
    account.state.scripts[WORKER] = {}
    ran(config, "--apply", account=account)
    assert account.state.jurisdictions == {"tessera-bundles": "default", "tessera-log": "eu", "tessera-state": "default"}
    assert told(config, "--apply", account=account)["made"] == []


FAULTS = {
    "a namespace's answer is lost": ("POST .*/namespaces", {"done": True}),
    "a bucket's answer is lost": ("POST .*/buckets", {"done": True, "status": 500}),
    "a queue's answer is lost": ("POST .*/queues", {"done": True}),
    "the secret's answer is lost": ("PUT .*/secrets", {"done": True}),
    "busy": ("POST", {"status": 503, "times": 2}),
    "too fast": ("POST .*/queues", {"status": 429, "after": 0}),
}


@pytest.mark.parametrize("match, fault", FAULTS.values(), ids=FAULTS)
def test_lost_answers_make_nothing_twice(account, config, match, fault):
    account.state.scripts[WORKER] = {}
    account.fail(match, **fault)
    ran(config, "--apply", "--write", account=account)
    assert len(account.state.namespaces) == 2 and len(account.state.queues) == 3 and len(account.state.buckets) == 3


def test_many_pages_are_looked_through(account, config):
    account.state.scripts[WORKER] = {}
    account.state.namespaces.update({f"{number:032x}": f"other-{number}" for number in range(230)})
    account.state.namespaces["f" * 32] = f"{WORKER}-RELEASES"
    account.state.buckets.update({f"a-{number:03}": {} for number in range(230)})
    account.state.buckets["tessera-state"] = {}
    account.state.queues.extend(f"other-{number}" for number in range(130))
    made = told(config, "--apply", account=account)["made"]
    assert f"{WORKER}-RELEASES" not in made and "tessera-state" not in made and f"{WORKER}-PROFILES" in made


ERRORS = {  # → what the error says
    "no account": ({}, {}, ["--plan"], "which account"),
    "no token": ({}, {"TESSERA_CLOUDFLARE_ACCOUNT": "a"}, ["--plan"], "rights Workers KV Storage: Edit"),
    "no right to queues": ({"rights": {"kv", "r2", "workers"}}, None, ["--apply"], "'Queues: Edit'"),
    "no right to Workers": ({"rights": {"kv", "r2", "queues"}}, None, ["--apply"], "'Workers Scripts: Edit'"),
    "R2 is not enabled": ({"r2_bought": False}, None, ["--apply"], "enable R2 through the Cloudflare Dashboard"),
    "the quota": ({"quota": 4}, None, ["--apply"], "asks to wait"),
}


@pytest.mark.parametrize("state, environment, arguments, says", ERRORS.values(), ids=ERRORS)
def test_what_stands_in_the_way_is_told_in_a_line(config, state, environment, arguments, says):
    with Cloudflare(**state) as account:
        result = ran(config, *arguments, account=account if environment is None else None, code=1, **(environment or {}))
    assert says in result.stderr and result.stderr.count("\n") == 1


def test_a_namespace_that_is_gone_is_told(account, config):
    config.write_text(with_ids(OWN.read_text(), {"PROFILES": "a" * 32, "RELEASES": "b" * 32}))
    assert "the account has no namespace" in ran(config, "--apply", account=account, code=1).stderr
    assert not account.state.buckets


@pytest.mark.parametrize("arguments", [["--plan", "--apply"], ["--write"], ["--plan", "--write"], ["--plan", "--cookie-key", "k"]])
def test_options_that_do_not_go_together(config, arguments):
    ran(config, *arguments, code=2)


TEXTS = {  # what can be written, and what must be refused
    "in a row": ('[[kv_namespaces]]\nid="0"\nbinding="A"\n', '[[kv_namespaces]]\nid="77"\nbinding="A"\n'),
    "quoted once": ("[[ kv_namespaces ]] # here\nbinding = 'A'\nid = ''\n[vars]\nid = 'kept'\n", "[[ kv_namespaces ]] # here\nbinding = 'A'\nid = '77'\n[vars]\nid = 'kept'\n"),
    "another's": ('[[kv_namespaces]]\nbinding="B"\nid="0"\n', None),
    "no id": ('[[kv_namespaces]]\nbinding="A"\n', None),
    "in one line": ('kv_namespaces = [{binding="A", id="0"}]\n', None),
}


@pytest.mark.parametrize("text, expected", TEXTS.values(), ids=TEXTS)
def test_ids_in_texts(text, expected):
    if expected is None:
        with pytest.raises(StoreError, match="by hand"):
            with_ids(text, {"A": "77"})
    else:
        assert with_ids(text, {"A": "77"}) == expected


@pytest.mark.parametrize("config", [{}, {"name": "w", "kv_namespaces": [{}]}, {"name": "w", "queues": []}, {"name": "w", "r2_buckets": [{"binding": "A"}]}])
def test_a_configuration_of_another_form_is_told(config):
    with pytest.raises(StoreError):
        needs(config)
