"""`tessera guard` and `tessera guard watch`: a target with real releases, and logs of what their visitors did."""

import json
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from compiler.cli_guard import guard
from compiler.guarding import Change
from compiler.cli_guard_watch import why_not
from compiler.pipeline import compile_site
from compiler.releases import changes, publish
from compiler.releases.documents import trusted
from compiler.releases.entries import walk
from compiler.releases.policy import CanaryPlan
from compiler.releases.publish import Author
from compiler.releases.targets import open_target
from compiler.sign import generate, public_of, sign
from compiler.starter import FILES
from learn.guard_watch import Figure
from tests.learn.guard_logs import START, Behaviour, event, save, view, visitors

HOUR, DAY = 3600.0, 86_400.0
SITE = {**FILES, "metrics.yaml": "order: {event: purchase, within: 7d}\nclick: {event: click, within: session}\n"}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A key, the site's folder, and three signed bundles of it."""
    root = tmp_path_factory.mktemp("built")
    generate(root / "release.key")
    bundles = []
    for number in range(3):
        site = root / f"site{number}"
        for name, text in SITE.items():
            file = site / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text.replace("headline: Hello,", f"headline: Hello {number},"))
        bundles.append(sign(compile_site(site).bundle, root / "release.key"))
    return root, bundles


class Release:
    """A folder as a target, whose clock is set."""

    def __init__(self, built, folder: Path) -> None:
        self.root, self.bundles = built
        self.folder, self.site, self.key = folder / "target", self.root / "site0", self.root / "release.key"
        self.at = START - DAY
        self.keys = trusted((public_of(self.key),))
        self.author = Author("ana", self.key, self.keys, lambda: datetime.fromtimestamp(self.at, timezone.utc))

    def do(self, act, *arguments, at: float, **more):
        self.at = at
        with open_target(str(self.folder)) as store:
            return act(store, *arguments, **more)

    def publish(self, number: int, at: float, canary: CanaryPlan | None = None):
        return self.do(publish.publish, [self.bundles[number]], self.author, at=at, canary=canary)

    def pointer(self):
        return self.do(publish.current, self.keys, at=self.at)

    def entries(self):
        known = self.pointer()
        with open_target(str(self.folder)) as store:
            return list(walk(store, known.head, known.serial, self.keys))

    def run(self, *arguments: str, code: int, command=()):
        whole = [*command, "--to", str(self.folder), "--key", str(self.key), "--site", str(self.site), "--who", "guard", *arguments]
        done = CliRunner().invoke(guard, whole, catch_exceptions=False)
        assert done.exit_code == code, done.output + done.stderr
        return done


@pytest.fixture
def release(built, tmp_path):
    made = Release(built, tmp_path)
    made.publish(0, START - DAY)
    return made


def renamed(rows, live: str, canary: str):
    return [row | {"bundle": {"a": live, "c": canary}[row["bundle"][0]]} for row in rows]


def logged(release, folder: Path, canary: Behaviour, number: int = 8_000) -> str:
    known = release.pointer()
    decisions, events = visitors(number, 0.1, Behaviour(), canary, seed=2)
    return str(save(folder / "log", renamed(decisions, known.live.bundle, known.canary.release.bundle), events))


UNTIL = datetime.fromtimestamp(START + 3 * HOUR, timezone.utc).isoformat()
POLICY = """\
targets:
  production:
    to: {to}
    guard: {{metric: order, steps: [10%, 50%, 100%], min_visitors: 300}}
"""


@pytest.mark.parametrize("canary, code, verdict, action", [
    (Behaviour(converts=0.1), 0, "promote", "widen"), (Behaviour(errors=0.08), 4, "rollback", "abort"), (Behaviour(converts=0.01), 4, "rollback", "abort"),
])  # fmt: skip
def test_the_next_step_is_said_and_with_apply_done(release, tmp_path, canary, code, verdict, action):
    release.publish(1, START - 120, CanaryPlan(0.1))
    policy = tmp_path / "release.yaml"
    policy.write_text(POLICY.format(to=release.folder))
    log = logged(release, tmp_path, canary)
    asked = ("--log", log, "--until", UNTIL, "--policy", str(policy), "--to", "production")
    dry = json.loads(release.run(*asked, "--json", code=code).stdout)
    assert (dry["verdict"], dry["applied"], dry["metric"]) == (verdict, False, "order")
    assert release.pointer().serial == 2 and dry["since"] == "2026-09-21T14:18:00+00:00"
    done = release.run(*asked, "--apply", code=code)
    assert done.stdout.rstrip().endswith(": done") and verdict in done.stdout
    known, entry = release.pointer(), release.entries()[0]
    assert (entry.action, entry.who) == (action, "guard") and entry.why.startswith("guard: ")
    assert known.canary is None if action == "abort" else known.canary.share == 0.5


def test_the_last_step_is_for_everybody_and_a_wider_share_is_a_new_trial(release, tmp_path):
    release.publish(1, START - HOUR, CanaryPlan(0.05))
    release.do(changes.widen, release.author, 0.1, at=START - 120)
    log = logged(release, tmp_path, Behaviour(converts=0.1))
    told = json.loads(release.run("--log", log, "--until", UNTIL, "--metric", "order", "--json", code=0).stdout)
    assert told["since"] == "2026-09-21T14:18:00+00:00" and told["to"] == 0.25
    policy = tmp_path / "release.yaml"
    policy.write_text(POLICY.format(to=release.folder).replace("[10%, 50%, 100%]", "[10%, 100%]"))
    release.run("--log", log, "--until", UNTIL, "--policy", str(policy), "--to", "production", "--apply", code=0)
    assert release.pointer().live.bundle == told["bundle"] and release.pointer().canary is None


def test_too_little_is_nothing_to_do(release, tmp_path):
    release.publish(1, START - 120, CanaryPlan(0.1))
    told = release.run("--log", logged(release, tmp_path, Behaviour(), 900), "--until", UNTIL, "--metric", "order", "--apply", code=3)
    assert "of 500 visitors" in told.stdout and len(release.entries()) == 2


@pytest.mark.parametrize("arguments, code, says", [
    ((), 2, "--log FOLDER is missing"),
    (("--log", "nowhere"), 1, "nowhere: there is no such file"),
    (("--log", "LOG", "--metric", "unheard"), 1, "there is no metric 'unheard' in metrics.yaml; there are"),
    (("--log", "LOG", "--until", "soon"), 2, "'soon' is no time"),
    (("--log", "LOG", "--settle", "2 min"), 2, "'2 min' is no time"),
])  # fmt: skip
def test_what_is_wrong_is_said_in_a_line(release, tmp_path, arguments, code, says):
    release.publish(1, START - 120, CanaryPlan(0.1))
    log = str(save(tmp_path / "log", view("a", START, "v"), []))
    assert says in release.run(*(log if one == "LOG" else one for one in arguments), code=code).stderr


def test_there_must_be_something_to_compare(release, tmp_path):
    log = str(save(tmp_path / "log", view("a", START, "v"), []))
    assert "there is no canary" in release.run("--log", log, code=1).stderr
    release.publish(1, START, CanaryPlan(1.0))
    assert "there is nobody to compare it with" in release.run("--log", log, code=1).stderr
    release.do(changes.switch_off, release.author, "legal asked", at=START)
    assert "personalisation is switched off (legal asked)" in release.run("--log", log, code=1).stderr
    misplaced = CliRunner().invoke(guard, ["--log", log, "watch", "--once"])
    assert misplaced.exit_code == 2 and "options go behind the name of the command" in misplaced.stderr


def test_a_release_that_was_changed_meanwhile_is_left_alone(release, tmp_path, monkeypatch):
    from compiler import guarding

    release.publish(1, START - 120, CanaryPlan(0.1))
    log, before = logged(release, tmp_path, Behaviour(errors=0.1)), guarding.step

    def late(*arguments):
        release.do(changes.widen, release.author, 0.2, at=START)
        return before(*arguments)

    monkeypatch.setattr(guarding, "step", late)
    assert "came meanwhile, and 2 was judged" in release.run("--log", log, "--until", UNTIL, "--apply", code=1).stderr
    assert release.pointer().canary.share == 0.2


# --- watch ------------------------------------------------------------------------------------------------------------------


def week(folder: Path, drop: float, since: float, days: int = 5) -> str:
    """A log of days with a view every 40 seconds, a fifth of which buy; from `since` (before the end) on, fewer."""
    rng, end = np.random.default_rng(6), START + HOUR
    moments = np.arange(end - days * DAY - 2 * HOUR, end, 40.0)
    buys = rng.random(len(moments)) < np.where(moments >= end - since, 0.2 * (1 - drop), 0.2)
    decisions = [row for number, at in enumerate(moments) for row in view(f"d{number}", at, f"v{number}")]
    return str(save(folder / "log", decisions, [event(f"e{number}", "purchase", moments[number] + 5, f"v{number}") for number in np.flatnonzero(buys)]))


ENDS = datetime.fromtimestamp(START + HOUR + 120, timezone.utc).isoformat()
WATCH = ("--metric", "order", "--baseline", "5d", "--until", ENDS, "--once")


def test_a_drop_after_a_release_rolls_it_back_and_once_only(release, tmp_path):
    first = release.pointer().live.bundle
    second = release.publish(1, START).live.bundle
    log = week(tmp_path, 1.0, HOUR)
    dry = json.loads(release.run("--log", log, *WATCH, "--json", command=("watch",), code=4).stdout)
    assert (dry["alarm"], dry["live"], dry["before"], dry["held"], dry["applied"]) == (True, second, first, None, False)
    done = release.run("--log", log, *WATCH, "--apply", command=("watch",), code=4).stdout
    assert "ALARM order" in done and f"rolled back to {first[:12]}: done" in done
    assert release.pointer().live.bundle == first and release.entries()[0].why.startswith("guard watch: order")
    again = release.run("--log", log, *WATCH, "--apply", command=("watch",), code=4).stdout
    assert "it is itself a rollback" in again and release.pointer().live.bundle == first


def test_no_drop_is_no_alarm(release, tmp_path):
    release.publish(1, START)
    told = release.run("--log", week(tmp_path, 0.0, HOUR), *WATCH, "--apply", command=("watch",), code=0).stdout
    assert [line.partition(":")[0] for line in told.splitlines()[:2]] == ["ok    order an hour", "ok    order for each visitor"]
    assert len(release.entries()) == 2


def test_a_short_log_cannot_tell(release, tmp_path):
    told = release.run("--log", week(tmp_path, 1.0, HOUR, days=1), *WATCH, command=("watch",), code=3).stdout
    assert "at least 3 are needed" in told


LIVE = Change("b" * 64, START, "publish", "ana", "a" * 64)


@pytest.mark.parametrize("live, since, until, why", [
    (LIVE, START + 10, START + HOUR, None),
    (LIVE, START - 100, START + HOUR, None),  # the beginning is known to a bin
    (LIVE, START - HOUR, START + HOUR, "before it went live"),
    (LIVE, START + 3 * DAY, START + 4 * DAY, "not likely its doing"),
    (replace(LIVE, action="rollback"), START + 10, START + HOUR, "itself a rollback"),
    (replace(LIVE, before=None), START + 10, START + HOUR, "nothing was live before"),
    (replace(LIVE, action="promote"), START + 10, START + HOUR, None),
])  # fmt: skip
def test_a_release_is_rolled_back_only_for_what_it_may_have_done(live, since, until, why):
    found = why_not(live, [Figure("order an hour", True, True, since, 1, 10)], until, 300, DAY)
    assert found is None if why is None else why in found
