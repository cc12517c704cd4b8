"""What a release's stages found, as one comment in Markdown: the same for the same results, without times and without paths."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

STAGES = ("check", "build", "test", "budget", "diff", "sign", "publish", "guard", "promote")
LONGEST = 60_000  # characters: GitHub takes 65,536
LOG_LINES = 40  # of a stage that failed
_MARKS = {"ok": "✅", "failed": "❌", "waiting": "⏳"}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a stage: `ok`, `failed` or `waiting`; what it told as JSON (None: nothing), and what it printed."""

    state: str
    told: Any = None
    printed: str = ""


def marker(site: str, target: str) -> str:
    """The first line of a comment, by which the one before is found and replaced."""
    return f"<!-- tessera-release {re.sub(r'[^A-Za-z0-9_.:/-]', '_', site)} {re.sub(r'[^A-Za-z0-9_.:/-]', '_', target)} -->"


def comment(site: str, target: str, results: Mapping[str, Result], difference: str = "") -> str:
    """The comment.

    Args:
        target: the name of the target, "" where it is not said. results: of the stages that ran. difference: the comparison with what is live, in Markdown.
    """
    done = [stage for stage in STAGES if stage in results]
    rows = [f"| {stage} | {_MARKS[results[stage].state]} | {_cell(_says(stage, results[stage]))} |" for stage in done]
    title = f"### Tessera: {_code(site)}" + (f" to {_code(target)}" if target else "")
    parts = [marker(site, target), title, _headline(results), "| stage | | |\n|---|---|---|\n" + "\n".join(rows)]
    parts += [_log(stage, results[stage]) for stage in done if results[stage].state != "ok" and results[stage].printed.strip()]
    parts += [difference.strip()] if difference.strip() else []
    text = "\n\n".join(parts)
    return text + "\n" if len(text) < LONGEST else text[:LONGEST].rsplit("\n", 1)[0] + "\n\n… cut off: the whole comparison is among the files of the run.\n"


def verdict(results: Mapping[str, Result]) -> str:
    """One word: `failed`, `waiting` (for approval), the guard's `promote`, `hold`, `rollback` or `none`, `canary`, `live`, or `checked`."""
    states = [result.state for result in results.values()]
    if "failed" in states:
        return "rollback" if _told(results, "guard").get("verdict") == "rollback" else "failed"
    if "waiting" in states:
        return "waiting"
    if found := _told(results, "guard").get("verdict"):
        return str(found)
    if "publish" in results:
        return "canary" if _told(results, "publish").get("canary") else "live"
    return "checked"


def _headline(results: Mapping[str, Result]) -> str:
    failed = [stage for stage in STAGES if stage in results and results[stage].state == "failed"]
    changed = _told(results, "diff").get("changed_share")
    seen = "" if changed is None else f"{percent(changed)} of visitors see something else."
    words = {
        "failed": f"The stage {', '.join(failed)} failed; nothing after it was done.",
        "rollback": "The canary did harm and was taken back.",
        "waiting": "It waits for approval.",
        "promote": "The canary did no harm and went on.",
        "hold": "The canary goes on: there is not enough to judge it by yet.",
        "none": "There is no canary to judge.",
        "canary": "It is out as a canary.",
        "live": "It is live for everybody.",
        "checked": "Nothing was published.",
    }
    return f"**{' '.join(filter(None, (seen, words[verdict(results)])))}**"


def percent(share: float) -> str:
    """A share for readers: `3.2 %`; what is not nothing never reads as nothing."""
    if 0 < share < 0.0005:
        return "less than 0.1 %"
    return f"{share:.1%}".replace("%", " %").replace(".0 ", " ")


def _told(results: Mapping[str, Result], stage: str) -> Mapping[str, Any]:
    told = results[stage].told if stage in results else None
    return told if isinstance(told, Mapping) else {}


def _says(stage: str, result: Result) -> str:
    try:
        return _SAYS[stage](result.told) if result.told is not None else "" if result.state == "ok" else "see below"
    except (LookupError, TypeError, ValueError):
        return "see below"


def _check(told: Any) -> str:
    counted = {kind: sum(one["severity"] == kind for one in told) for kind in ("error", "warning")}
    return ", ".join(f"{n} {kind}{'s' if n != 1 else ''}" for kind, n in counted.items() if n) or "no errors, no warnings"


def _test(told: Any) -> str:
    failed = [one["name"] for one in told if not one["passed"]]
    return f"{len(told) - len(failed)} of {len(told)} scenarios passed" + (f"; failed: {'; '.join(failed[:5])}" if failed else "")


def _budget(told: Any) -> str:
    size, budget = told["bytes"], told["budget"]
    return f"{size:,} bytes, no budget set" if budget is None else f"{size:,} of {budget:,} bytes ({percent(size / budget)})"


def _diff(told: Any) -> str:
    if told.get("old") is None:
        return "nothing is live to compare with"
    return f"{_code(told['old'][:12])} → {_code(told['new'][:12])}: {percent(told['changed_share'])} of {told['visitors']:,} visitors see something else"


def _sign(told: Any) -> str:
    commit = f" of commit {_code(told['commit'][:12])}{' with changes' if told['dirty'] else ''}" if told["commit"] else ""
    return f"by {_code(told['key'])}; provenance: {told['files']} files{commit}; bill of materials: {told['components']} components"


def _publish(told: Any) -> str:
    if canary := told.get("canary"):
        where = f" in {', '.join(canary['countries'])}" if canary.get("countries") else ""
        return f"release {told['serial']}: a canary for {percent(canary['share'])} of visitors{where}"
    return f"release {told['serial']}: live for everybody"


def _guard(told: Any) -> str:
    return ". ".join((str(told["verdict"]), *(str(one).rstrip(".") for one in told.get("reasons", ()))))


def _promote(told: Any) -> str:
    if not told.get("applied"):
        return "nothing was changed"
    to = told["to"]
    return "the canary was taken back" if to is None else f"release {told['released']}: {'live for everybody' if to >= 1 else f'the canary goes to {percent(to)} of visitors'}"


_SAYS: Mapping[str, Callable[[Any], str]] = {
    "check": _check,
    "build": lambda told: f"{_code(told['bundle'][:12])}, {told['bytes']:,} bytes",
    "test": _test,
    "budget": _budget,
    "diff": _diff,
    "sign": _sign,
    "publish": _publish,
    "guard": _guard,
    "promote": _promote,
}


def _code(text: str) -> str:
    return f"`{' '.join(text.replace('`', '´').split())}`"


def _cell(text: str) -> str:
    """Text for a table: nothing in it ends the cell or begins markup."""
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def _log(stage: str, result: Result) -> str:
    """What a stage printed, its end, in a fence that nothing in it can close."""
    lines = result.printed.rstrip().splitlines()
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", result.printed)), default=0))
    return f"{fence}text\n{stage}:\n" + "\n".join(lines[-LOG_LINES:]) + f"\n{fence}"
