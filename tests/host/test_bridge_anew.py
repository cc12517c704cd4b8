"""A request whose release is no longer loaded when it goes on begins anew, with the one that decides then; once."""

from __future__ import annotations

import itertools
import json

import pytest

from asking import served

pytestmark = pytest.mark.xdist_group("host")
counter = itertools.count()
US, RS = "\x1f", "\x1e"
PAGE = "<body><b>old</b><i>old</i></body>"
BEGUN = [["slot", "b", "inner", "1", "begun"]]
READ = US.join(("read", "profile:v", "2000"))
GONE = f"gone{US}other releases came meanwhile"
DECIDED = f"page{US}{US}{{}}{RS}1new"
RECORD = json.dumps({"id": "v", "page": "next", "bundle": "f" * 64, "slots": [{"slot": "slot", "variant": "a", "level": "default", "experiment": None, "arm": None}]})
OFFERED = f"page{US}{US}{RECORD}{RS}1new"
NEXT = US.join(("next", "/made", "slot", "i", "inner"))  # the page of the release that comes: another place
NOWHERE = US.join(("next", "/nowhere", "slot", "i", "inner"))


@pytest.fixture
def key():
    return f"anew-{next(counter)}"


def failures(client) -> int:
    return client.task("/.well-known/tessera", do="original").json().get("decision-failed", 0)


CASES = {  # what Python answers, the release that comes while the store is asked → the page, and how many decisions failed
    "decided by the next release": ([READ, GONE, DECIDED], NEXT, "<body><b>old</b><i>new</i></body>", 0),
    "which reads as well": ([READ, GONE, READ, DECIDED], NEXT, "<body><b>old</b><i>new</i></body>", 0),
    "gone once more": ([READ, GONE, READ, GONE], NEXT, PAGE, 1),
    "no page of the next release": ([READ, GONE, "raise"], NOWHERE, PAGE, 0),
}


@pytest.mark.parametrize("case", CASES)
def test_a_page_begins_anew(client, key, case):
    answers, routes, page, failed = CASES[case]
    before = failures(client)
    reply = client.page("/made", BEGUN, origin=served(PAGE), key=key, answers=answers, releases=[f"{key}-next", routes, f"{key}-next"])
    assert (reply.status, reply.body) == (200, page.encode())
    assert failures(client) == before + failed


@pytest.mark.parametrize("answers, status", [([READ, GONE, OFFERED], 200), ([READ, GONE, GONE], 503)])
def test_slots_for_an_application_begin_anew(client, key, answers, status):
    headers = {"sec-fetch-site": "same-origin"}
    reply = client.page("/_tessera/slots?page=/made", BEGUN, headers=headers, key=key, answers=answers, releases=[f"{key}-next", NEXT, f"{key}-next"])
    assert reply.status == status
    assert status != 200 or (reply.json()["page"], reply.json()["slots"]["slot"]["content"]) == ("next", "new")
