"""Keys of the HTTP API: what is printed, what the setting holds, and what is refused."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from datetime import date, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from click.testing import CliRunner

from compiler.api_keys import ROLES, ApiKeyError, generate
from compiler.cli_api_key import api_key


def run(*arguments: str):
    return CliRunner().invoke(api_key, list(arguments), catch_exceptions=False)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("expires, end", [(None, []), (date(2027, 1, 31), ["2027-01-31"])])
def test_a_key_and_its_entry(role, expires, end):
    key = generate(role, "crm-1", expires)
    secret = re.fullmatch(r"tsr_crm-1_([A-Za-z0-9_-]{43})", key.text)[1]
    hashed = urlsafe_b64encode(sha256(secret.encode()).digest()).rstrip(b"=").decode()
    assert key.entry.split(":") == ["crm-1", role, hashed, *end]
    assert secret not in key.entry


def test_no_two_keys_are_the_same():
    assert len({generate("reader", "a").text for _ in range(20)}) == 20


@pytest.mark.parametrize("role, name", [("root", "a"), ("", "a"), ("reader", ""), ("reader", "a_b"), ("reader", "a:b"), ("reader", "a" * 33), ("reader", "é"), ("reader", "a\n")])
def test_what_is_no_key(role, name):
    with pytest.raises(ApiKeyError):
        generate(role, name)


def test_the_command_prints_the_key_and_the_line():
    result = run("--role", "writer", "--id", "crm", "--expires", "2999-01-31")
    assert result.exit_code == 0
    assert re.fullmatch(r"key    tsr_crm_\S{43}\nentry  crm:writer:\S{43}:2999-01-31  \(add it to the secret TESSERA_API_KEYS\)\n", result.output)


def test_the_command_makes_up_a_name_and_prints_json():
    told = json.loads(run("--role", "reader", "--json").output)
    assert re.fullmatch(r"tsr_[0-9a-f]{8}_\S{43}", told["key"]) and told["entry"].startswith(told["key"].split("_")[1] + ":reader:")


def test_a_key_may_end_today():
    today = datetime.now(timezone.utc).date()
    assert run("--role", "reader", "--expires", str(today + timedelta(days=1))).exit_code == 0


@pytest.mark.parametrize("arguments, line", [
    (["--role", "reader", "--id", "a b"], "tessera: --id: 'a b' cannot name a key; use up to 32 letters, digits and dashes\n"),
    (["--role", "reader", "--id", ""], "tessera: --id: '' cannot name a key; use up to 32 letters, digits and dashes\n"),
    (["--role", "reader", "--expires", "31.1.2027"], "tessera: --expires 31.1.2027: write a day as YYYY-MM-DD, such as 2027-01-31\n"),
    (["--role", "reader", "--expires", "20990131"], "tessera: --expires 20990131: write a day as YYYY-MM-DD, such as 2027-01-31\n"),
    (["--role", "reader", "--expires", "2027-02-30"], "tessera: --expires 2027-02-30: write a day as YYYY-MM-DD, such as 2027-01-31\n"),
    (["--role", "reader", "--expires", "2020-01-01"], "tessera: --expires 2020-01-01: that day is over\n"),
])  # fmt: skip
def test_what_the_command_refuses(arguments, line):
    result = run(*arguments)
    assert (result.exit_code, result.stderr, result.stdout) == (2, line, "")


def test_a_role_must_be_said():
    assert run().exit_code == 2 and run("--role", "root").exit_code == 2
