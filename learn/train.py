"""Logs → models with cards, or refusals: read, count, choose, measure, ask the gates, write.

A model is measured by what happened after a moment until which alone it was learned; its parameters are chosen by what happened
before that moment, after an earlier one. What is written has then learned from all of it, with those parameters.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from learn import card, logs, measures, plain, stages
from learn.engines import Unreadable, engine
from learn.gates import Gates, passed, words
from learn.identity_files import BadFile, replacing
from learn.interactions import Read, Wanted, of_events, of_rows
from learn.model_files import Sources, path_in_site, yaml
from learn.models.types import Order, archive, arrays
from learn.recommenders import RECOMMENDERS, Parameters, Recommender, fitting, lacking, popular
from learn.search import Budget, Trial, search

if TYPE_CHECKING:
    from learn.engines import Engine
    from learn.models.types import Result
    from learn.stages import Questions, Stage

TRAINED = 0.8  # of the events lie before the cut
FEWEST = 20  # questions by which anything is measured or chosen
REFUSED = "rejected"


Kept = Callable[[Any], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Asked:
    """What is to be done. `files`: of the log, or with `columns` plain tables. `names`: recommenders; empty for all that can be made.
    `kept`: a model → gates about what a bundle keeps of it, as learn.gates.passed tells them.
    """

    site: Path
    files: Sequence[Path]
    out: Path
    wanted: Wanted
    sources: Sources
    columns: plain.Columns | None = None
    names: Sequence[str] = ()
    engine: str = "duckdb"
    master: str = "local[2]"
    budget: Budget = Budget()
    seed: int = 42
    gates: Gates = Gates()
    command: str = ""
    kept: Kept = lambda result: ()  # noqa: E731


@dataclass(frozen=True)
class Made:
    """One recommender: its card, what was written, and why it was refused or not made."""

    name: str
    card: Mapping[str, Any] | None = None
    files: tuple[Path, ...] = ()
    refused: tuple[str, ...] = ()
    lacks: str = ""
    note: str = ""


@dataclass(frozen=True)
class Outcome:
    read: Read
    made: tuple[Made, ...]

    @property
    def failed(self) -> bool:
        return any(one.refused for one in self.made)


Tell = Callable[[str], None]


def train(asked: Asked, tell: Tell) -> Outcome:
    """Do it. Raises BadFile, NoSpark, OSError."""
    with tempfile.TemporaryDirectory(prefix="tessera-train-") as folder:
        scratch = Path(folder)
        with engine(asked.engine, scratch, asked.master) as chosen:
            try:
                return _trained(asked, chosen, scratch, tell)
            except Unreadable as error:
                raise BadFile(logs.fault(asked.files, f"{asked.files[0]}: {error}") if asked.columns is None else str(error)) from error


def steps(asked: Asked) -> int:
    """How often `tell` is called: for a progress bar."""
    return 4 + len(asked.names or RECOMMENDERS)


def _trained(asked: Asked, engine: Engine, scratch: Path, tell: Tell) -> Outcome:
    tell("reading")
    found = _read(asked, engine, scratch)
    if not found.counts.used:
        raise BadFile(f"{asked.files[0]}: nothing is left to learn from: {_emptied(found)}")
    tell("counting")
    data = _data(asked, found)
    parts = _parts(engine, found, asked)
    tell("splitting")
    made = []
    for name in asked.names or RECOMMENDERS:
        tell(name)
        made.append(_recommender(RECOMMENDERS[name], asked, engine, parts, data))
    tell("done")
    return Outcome(found, tuple(made))


def _read(asked: Asked, engine: Engine, scratch: Path) -> Read:
    if asked.columns is None:
        return of_events(engine, engine.events(asked.files), asked.wanted)
    tables = [plain.parquet(file, asked.columns, scratch / f"plain_{number}.parquet") for number, file in enumerate(asked.files)]
    return of_rows(engine, engine.rows(tables), asked.wanted)


def _emptied(found: Read) -> str:
    told = found.counts.as_json()
    reasons = [f"{told[name]:,} {said}" for name, said in card.EXCLUDED if told[name]]
    return "; ".join(reasons) or "the files have no rows"


def _data(asked: Asked, found: Read) -> dict[str, Any]:
    told = found.counts.as_json()
    return {
        "files": [{"file": file.name, "bytes": file.stat().st_size, "sha256": logs.digest(file)} for file in asked.files],
        **{name: told[name] for name in ("rows", "used", "users", "items", "first", "last")}, "catalogue": len(asked.wanted.items),
        "purposes": sorted(asked.wanted.purposes), "until": asked.wanted.until, "excluded": {name: told[name] for name, _ in card.EXCLUDED},
        "persons_excluded": told["persons_gone"], "unknown_items": told["unknown_items"], "examples_of_unknown_items": told["examples"],
    }  # fmt: skip


@dataclass(frozen=True)
class Parts:
    """The whole; what lies before the cut of the test and before that of the validation, None where there is no such cut."""

    whole: Stage
    tested: Stage | None
    validated: Stage | None
    items: int  # that anybody had to do with
    split: str


def _parts(engine: Engine, found: Read, asked: Asked) -> Parts:
    whole = stages.whole(engine, found, asked.wanted.items)
    timed = found.counts.last > 0
    if not timed:
        whole = stages.drawn(whole, asked.seed)
    end = stages.cut(whole, TRAINED) if timed else stages.DRAWN_TEST
    tested = None if end is None else stages.before(engine, found, whole, end)
    middle = None if tested is None else stages.cut(tested, TRAINED) if timed else stages.DRAWN_VALIDATION
    validated = None if middle is None else stages.before(engine, found, whole, middle)
    return Parts(whole, tested, validated, found.counts.items, "time" if timed else "random")


def _recommender(one: Recommender, asked: Asked, engine: Engine, parts: Parts, data: Mapping[str, Any]) -> Made:
    """Choose, measure, learn from all of it, ask the gates, write."""
    why = lacking(one, parts.whole)
    if why:
        return Made(one.name, lacks=why, refused=(f"it cannot be made: {why}",) if one.name in asked.names else ())

    def fit(stage: Stage, parameters: Parameters) -> Result:
        if engine.name == "spark" and one.algorithm == "als":
            from learn import spark_als

            return spark_als.fit(engine, stage.of_pairs(), seed=asked.seed, **{**parameters, "factors": fitting(stage, parameters)})
        return one.fit(stage, parameters, asked.seed)

    tried = _chosen(one, asked, parts, fit)
    for parameters in [trial.parameters for trial in tried] or [{name: values[0] for name, values in one.space.items()}]:
        result = fit(parts.whole, parameters)
        lost = asked.kept(result)
        if all(gate["passed"] for gate in lost):
            break  # otherwise the next best, of which a bundle may keep more
    measured = _measured(one, asked, parts, lambda stage: fit(stage, parameters))
    content = archive(arrays(result))
    asked_of = passed(asked.gates, {name: each["value"] for name, each in measured["figures"].items() if each}, isinstance(result, Order))
    checks = [*asked_of, *lost]
    refused = tuple(words(gate) for gate in checks if not gate["passed"])
    name = _name(one, asked)
    told = {
        "card": 1, "model": name, "about": one.about, "algorithm": one.algorithm, "version": sha256(content).hexdigest()[:12], "bytes": len(content),
        "refused": bool(refused), "use": one.use, "limits": list(card.LIMITS), "data": data, **measured, "gates": checks, "parameters": dict(parameters),
        "tried": [{"parameters": dict(trial.parameters), **{name: measures.rounded(value) for name, value in trial.figures.items()}} for trial in tried],
        "lineage": card.lineage(asked.site, f"{engine.name}" + (" (ALS of Spark ML)" if engine.name == "spark" and one.algorithm == "als" else ""), asked.seed, asked.command, _version(asked.out / f"{name}.npz")),
    }  # fmt: skip
    return _written(one, name, asked, content, told, refused)


def _chosen(one: Recommender, asked: Asked, parts: Parts, fit: Callable[[Stage, Parameters], Result]) -> tuple[Trial, ...]:
    if parts.validated is None or parts.tested is None or lacking(one, parts.validated):
        return ()
    questions = one.ask(parts.validated, parts.whole, parts.tested.until)
    if len(questions) < FEWEST:
        return ()
    return search(one.space, asked.budget, asked.seed, lambda parameters: measures.answers(fit(parts.validated, parameters), questions).means())


def _measured(one: Recommender, asked: Asked, parts: Parts, fit: Callable[[Stage], Result]) -> dict[str, Any]:
    """The part of a card that says how good it is, by the questions of the test."""
    questions = None
    if parts.tested is not None and not lacking(one, parts.tested):
        questions = one.ask(parts.tested, parts.whole, None)
    if questions is None or len(questions) < FEWEST:
        said = f"Nothing could be measured: there are {0 if questions is None else len(questions)} questions after the cut, and {FEWEST} are wanted."
        return {"measured_on": said, "questions": 0 if questions is None else len(questions), "figures": {}, "popularity": {}, "segments": []}
    ours, theirs = measures.answers(fit(parts.tested), questions), measures.answers(popular(parts.tested), questions)
    figures = {f"{name}@10": measures.as_json(measures.figure(getattr(ours, name), asked.seed)) for name in ("recall", "precision", "ndcg")}
    figures["lift"] = measures.as_json(measures.lift(ours.recall, theirs.recall, asked.seed))
    figures["coverage"] = {"value": measures.rounded(measures.coverage(ours.ranked, parts.items))}
    figures["answered"] = {"value": measures.rounded(float((ours.ranked >= 0).any(axis=1).mean()))}
    return {
        "measured_on": _question(one, parts, questions), "questions": len(questions), "figures": figures,
        "popularity": {name: measures.rounded(value) for name, value in theirs.means().items()},
        "segments": measures.segments(ours, questions.activity, parts.items),
    }  # fmt: skip


def _question(one: Recommender, parts: Parts, questions: Questions) -> str:
    how = f"what happened before {stages.moment(parts.tested.until)}" if parts.split == "time" else "a random four fifths"
    what = {
        "personal": "each visitor's next items that were new to them", "together": "for each item of a later basket, what else was in it", "next": "for each step of a later visit to an item that is new in it, which one",
    }.get(one.name, "each visitor's next items that were new to them" if one.name != "similar" else "from a visitor's newest item, their next items that were new to them")  # fmt: skip
    return f"Learned from {how}, asked {len(questions):,} questions of the rest: {what}. The ten best of the whole catalogue count."


def _version(path: Path) -> str | None:
    return sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else None


def _name(one: Recommender, asked: Asked) -> str:
    """What the model is called: another name than the recommender's where that is a model of the author's own."""
    own = asked.out / f"{one.name}.yaml"
    taken = own.exists() and f"{one.name}.npz" not in own.read_text("utf-8")
    return f"{one.name}_learned" if taken else one.name


def _written(one: Recommender, name: str, asked: Asked, content: bytes, told: Mapping[str, Any], refused: tuple[str, ...]) -> Made:
    """Write model and card; a refused one goes to a folder of its own, so that the last good one stays."""
    folder = asked.out / REFUSED if refused else asked.out
    folder.mkdir(parents=True, exist_ok=True)
    texts = {f"{name}.npz": content, f"{name}.card.json": card.text(told).encode(), f"{name}.md": card.markdown(told).encode()}
    note = f"{one.name}.yaml is a model of your own: this one is {name}" if name != one.name else ""
    if not refused:
        for stale in texts:
            (asked.out / REFUSED / stale).unlink(missing_ok=True)
        text = yaml(one, path_in_site(asked.out / f"{name}.npz", asked.site), asked.sources)
        if text is None:
            note = f"no {name}.yaml was written: the site has no attribute of the type list<item> that comes from events"
        elif not (asked.out / f"{name}.yaml").exists():
            texts[f"{name}.yaml"] = text.encode()
    for file, data in texts.items():
        with replacing(folder / file) as temporary:
            temporary.write_bytes(data)
    return Made(one.name, told, tuple(folder / file for file in texts), refused, note=note)
