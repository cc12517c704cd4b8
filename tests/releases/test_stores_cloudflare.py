"""Cloudflare's store where things go wrong: what is told is what happened, waiting is bounded, and no credential is shown."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from compiler.releases.patience import Again, Patience, conditional
from compiler.releases.s3 import Bucket, bucket
from compiler.releases.stores import POINTER, Object, StoreError
from compiler.releases.targets import open_target
from tests.releases.cloudflare import Cloudflare
from tests.releases.cloudflare.state import Written

QUICK = Patience(first=0.01, longest=0.02, pace=0.05)
NAMESPACE = "0f2ac74b"


@pytest.fixture
def account() -> Iterator[Cloudflare]:
    with Cloudflare() as made:
        made.state.buckets["tessera-bundles"] = {}
        made.state.namespaces[NAMESPACE] = "tessera-edge-RELEASES"
        yield made


def opened(account: Cloudflare, patience: Patience = QUICK, where: str = f"tessera-bundles/{NAMESPACE}", **environment: str):
    text = f"cloudflare:{account.state.account}/{where}"
    return open_target(text, environment={**account.environment, **environment}, patience=patience)


def objects(account: Cloudflare) -> dict[str, bytes]:
    return account.state.buckets["tessera-bundles"]


UNKNOWN = "it is not known whether it was written"
NOTHING = "nothing was changed"

FAULTS = {  # what befalls the PUT → what is told: True, or of the error; whether it is there
    "reset before it took effect": ({}, True, True),
    "reset after it took effect": ({"done": True}, True, True),
    "500 after it took effect": ({"status": 500, "done": True}, True, True),
    "503 twice": ({"status": 503, "times": 2}, True, True),
    "reset four times": ({"times": 4}, True, True),
    "too many requests": ({"status": 429, "times": 2}, True, True),
    "two writes at once": ({"status": 409}, True, True),
    "503 to the end": ({"status": 503, "times": 9}, UNKNOWN, False),
    "too many requests to the end": ({"status": 429, "times": 9}, NOTHING, False),
    "a request that is wrong": ({"status": 400}, NOTHING, False),
    "nothing that is there": ({"status": 501}, NOTHING, False),
}


@pytest.mark.parametrize("fault, told, there", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("way", ["create", "replace", "put"])
def test_what_is_told_of_a_write_is_what_happened(account, way, fault, told, there):
    with opened(account) as store:
        if way == "replace":
            store.create(POINTER, b"old")
        etag = store.get(POINTER).etag if way == "replace" else ""
        account.fail(f"PUT .*{POINTER}", **fault)
        write = {"create": lambda: store.create(POINTER, b"new"), "replace": lambda: store.replace(POINTER, b"new", etag), "put": lambda: store.put(POINTER, b"new")}[way]
        if told is True:
            assert write() in (True, None)
        else:
            with pytest.raises(StoreError, match=told):
                write()
    assert (objects(account).get(POINTER) == b"new") is there


def test_a_conflict_stays_a_conflict_though_connections_break(account):
    with opened(account) as store:
        store.create(POINTER, b"old")
        etag = store.get(POINTER).etag
        store.replace(POINTER, b"theirs", etag)
        assert store.replace(POINTER, b"ours", etag) is False
        account.fail("PUT", status=429)
        assert store.replace(POINTER, b"ours", etag) is False


def test_a_lost_answer_is_not_taken_for_a_conflict_nor_for_success_where_others_wrote_since(account):
    with opened(account) as store:
        store.create(POINTER, b"old")
        etag = store.get(POINTER).etag
        objects(account)[POINTER] = b"theirs"
        account.fail("PUT")
        with pytest.raises(StoreError, match=f"somebody else has written since; {UNKNOWN}"):
            store.replace(POINTER, b"ours", etag)
    assert objects(account)[POINTER] == b"theirs"


def test_what_cannot_be_read_back_is_not_known(account):
    with opened(account) as store:
        account.fail("PUT", done=True)
        account.fail("GET .*current", status=500, times=9)
        with pytest.raises(StoreError, match=UNKNOWN):
            store.create(POINTER, b"new")


def test_a_slow_store_is_given_up_in_time(account):
    key, secret = next(iter(account.state.s3_keys.items()))
    options = {"endpoint": account.url, "region": "auto", "access_key_id": key, "secret_access_key": secret}
    store = Bucket(bucket("tessera-bundles", "", options, timedelta(seconds=0.2)), "slow", "", Patience(attempts=2, first=0.01))
    account.fail("PUT", slow=0.5, times=9)
    began = time.monotonic()
    assert store.create("a", b"1") is True  # the answer was late; what is there is ours
    account.fail("GET", slow=0.5, times=9)
    with pytest.raises(StoreError, match="no answer"):
        store.get("a")
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("status", [500, 503, 429])
def test_reading_is_tried_again(account, status):
    with opened(account) as store:
        store.create("a", b"1")
        store.put_copy(b"copy")
        account.fail("GET .*/a$", status=status, times=2)
        account.fail("GET .*/values/", status=status, times=2)
        account.fail("GET .*/values/", times=1, skip=2)
        assert store.get("a").content == b"1"
        assert store.copy() == b"copy"


# --- the copy in KV ---


def clocked() -> tuple[Patience, list[float]]:
    """Patience that waits in thought, and how long it waited each time."""
    waits: list[float] = []
    return Patience(sleep=waits.append, clock=lambda: sum(waits)), waits


def test_retry_after_is_waited_for(account):
    patience, waits = clocked()
    with opened(account, patience) as store:
        account.fail("PUT .*/values/current", status=429, after=7, times=2)
        store.put_copy(b"1")
    assert waits == [7.0, 7.0]
    assert account.state.values[(NAMESPACE, "current")].value == b"1"


def test_retry_after_beyond_all_patience_is_told(account):
    patience, waits = clocked()
    with opened(account, patience) as store:
        account.fail("PUT .*/values/current", status=429, after=300)
        with pytest.raises(StoreError, match="asks to wait 300 s; gave up; nothing was changed"):
            store.put_copy(b"1")
    assert waits == []


def test_waits_grow_and_end(account):
    patience, waits = clocked()
    with opened(account, patience) as store:
        account.fail("GET .*/values/current", status=503, times=99)
        with pytest.raises(StoreError, match="503 .*gave up after 5 attempts"):
            store.copy()
    assert len(waits) == 4 and all(0.25 * 2**n <= wait <= 0.5 * 2**n for n, wait in enumerate(waits))


def test_the_account_s_quota_is_told(account):
    account.state.quota = 2
    patience, waits = clocked()
    with opened(account, patience) as store:  # one call, for the token's id
        store.put_copy(b"1")
        with pytest.raises(StoreError, match="429 .*asks to wait"):
            store.copy()
    assert not waits


def test_a_second_write_within_the_second_waits(account):
    account.state.pace = 0.2
    with opened(account, Patience(first=0.01, longest=0.05, pace=0.25)) as store:
        began = time.monotonic()
        for text in (b"1", b"2"):
            store.put_copy(text)
            store.put(POINTER, text)
        assert time.monotonic() - began > 0.2
        assert store.copy() == b"2" and objects(account)[POINTER] == b"2"


def test_the_copy_may_be_behind_for_a_while(account):
    account.state.values[(NAMESPACE, "current")] = Written(b"1", 0.0, None)
    account.state.lag = 0.3
    with opened(account) as store:
        store.put_copy(b"2")
        assert store.copy() == b"1"
        time.sleep(0.35)
        assert store.copy() == b"2"


def test_no_copy_is_none_and_no_namespace_is_an_error(account):
    with opened(account) as store:
        assert store.copy() is None
    with opened(account, where="tessera-bundles/ffff") as store, pytest.raises(StoreError, match="namespace not found"):
        store.copy()


def test_a_copy_that_kv_does_not_take_is_told(account):
    with opened(account) as store, pytest.raises(StoreError, match="413 .*nothing was changed"):
        store.put_copy(bytes((25 << 20) + 1))


def test_redirects_are_not_followed(account):
    with opened(account) as store:
        account.fail("GET .*/values/", status=302)
        with pytest.raises(StoreError, match="302"):
            store.copy()


# --- credentials ---

WRONG = {  # → what the message says
    "no token": ({"TESSERA_CLOUDFLARE_TOKEN": ""}, "set TESSERA_CLOUDFLARE_TOKEN"),
    "a wrong token": ({"TESSERA_CLOUDFLARE_TOKEN": "nonsense-of-a-token"}, "Authentication error"),
    "a wrong key": ({"TESSERA_CLOUDFLARE_R2_KEY_ID": "nobody", "TESSERA_CLOUDFLARE_R2_SECRET": "s" * 40}, "401 Unauthorized.*'Object Read & Write'"),
    "a wrong secret": ({"TESSERA_CLOUDFLARE_R2_KEY_ID": "ed17574386854bf78a67040be0a770b0", "TESSERA_CLOUDFLARE_R2_SECRET": "s" * 40}, "SignatureDoesNotMatch.*'Object Read & Write'"),
    "an address that is not https": ({"TESSERA_CLOUDFLARE_API": "http://api.example.com/v4"}, "is not https"),
}  # fmt: skip


@pytest.mark.parametrize("environment, told", WRONG.values(), ids=WRONG)
def test_wrong_credentials_are_told_and_never_shown(account, environment, told):
    with pytest.raises(StoreError, match=told) as caught, opened(account, **environment) as store:
        store.get("a")
    line = str(caught.value)
    assert "\n" not in line and "nonsense" not in line and "s" * 40 not in line
    assert len(account.asked) <= 2  # nothing of this gets better by trying


@pytest.mark.parametrize("right, call", [("kv", lambda store: store.put_copy(b"1")), ("kv", lambda store: store.copy())])
def test_a_missing_right_is_named(account, right, call):
    with opened(account) as store:
        account.state.rights.remove(right)
        with pytest.raises(StoreError, match="the token needs the right 'Workers KV Storage: Edit'"):
            call(store)


def test_who_may_only_read_is_told_so(account):
    account.state.read_only = True
    with opened(account) as store:
        assert store.get("a") is None
        for call in (lambda: store.create("a", b"1"), lambda: store.put("a", b"1"), lambda: store.delete("a")):
            with pytest.raises(StoreError, match="403 AccessDenied.*'Object Read & Write'.*nothing was changed"):
                call()


@pytest.mark.parametrize("user", [False, True], ids=["of the account", "of a person"])
def test_one_token_is_enough(account, user):
    """R2's credentials are made of the token, as documented."""
    account.state.user = user
    with opened(account) as store:
        assert store.create("a", b"1") and store.get("a").content == b"1"


def test_what_is_in_the_environment_for_amazon_does_not_matter(account, monkeypatch):
    strays = {"AWS_SESSION_TOKEN": "x", "AWS_SKIP_SIGNATURE": "true", "AWS_CONDITIONAL_PUT": "disabled", "AWS_ACCESS_KEY_ID": "x", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true"}  # fmt: skip
    for name, value in strays.items():
        monkeypatch.setenv(name, value)
    with opened(account) as store:
        assert store.create("a", b"1") and not store.create("a", b"2")


def test_a_missing_bucket_is_told(account):
    with opened(account, where=f"elsewhere/{NAMESPACE}") as store:
        calls = [lambda: store.get("a"), lambda: store.put("a", b"1"), lambda: store.create("a", b"1"), lambda: store.replace("a", b"1", '"x"'), lambda: store.names("")]
        for call in calls:
            with pytest.raises(StoreError, match="there is no such bucket"):
                call()


def test_long_lists_come_whole(account):
    objects(account).update({f"releases/log/{number:05}.json": b"" for number in range(2345)})
    with opened(account) as store:
        assert store.names("releases/log/") == sorted(objects(account))


# --- what a conditional write makes of its attempts, by itself ---

LOST = Again("no answer")
REFUSED_FAST = Again("429", after=0.0, maybe=False)
OLD, NEW, OTHER = Object(b"old", "1"), Object(b"new", "2"), Object(b"other", "3")

ATTEMPTS = {  # what each attempt does, what is read back each time → what is told
    "it holds": ([True], [], True),
    "it does not hold": ([False], [], False),
    "refused at once is a plain conflict": ([REFUSED_FAST, False], [], False),
    "lost, and it is there": ([LOST], [NEW], True),
    "lost, not there, and then it holds": ([LOST, True], [OLD], True),
    "lost, and arrives while it is tried again": ([LOST, False], [OLD, NEW], True),
    "lost, and others wrote": ([LOST], [OTHER], UNKNOWN),
    "lost, and others write while it is tried again": ([LOST, False], [OLD, OTHER], UNKNOWN),
    "lost, and others have taken it away": ([LOST], [None], UNKNOWN),
    "lost, refused, and all is as it was": ([LOST, False], [OLD, OLD], UNKNOWN),
    "lost to the end": ([LOST] * 5, [OLD] * 5, UNKNOWN),
    "too fast to the end": ([REFUSED_FAST] * 5, [], NOTHING),
}


@pytest.mark.parametrize("attempts, reads, told", ATTEMPTS.values(), ids=ATTEMPTS)
def test_conditional_writes(attempts, reads, told):
    left, seen = list(attempts), list(reads)

    def write() -> bool:
        done = left.pop(0)
        if isinstance(done, Again):
            raise done
        return done

    def call() -> bool:
        return conditional("x", write, lambda: seen.pop(0), b"new", "1", clocked()[0])

    if isinstance(told, bool):
        assert call() is told
    else:
        with pytest.raises(StoreError, match=told):
            call()
    assert not left and not seen
