"""What items are ranked by: models from their files, quantized, checked and measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from compiler import ir, model_cards, model_chains
from compiler.conditions import Conditions, known
from compiler.diagnostics import Diagnostics
from compiler.model_arrays import ModelFileError
from compiler.syntax import Entry, Ruleset

if TYPE_CHECKING:
    import numpy as np

MILLION = 1_000_000
MOST_UNEVEN = 1_000.0  # how much longer the longest vectors may be than the shortest
LOST = {
    "overlap": "the ten best by {kind} share {found:.1%} with the exact ten, {wanted:.4g}% are asked for",
    "recall": "{lost:.2%} of the exact ten best are not even among the hundred best by {kind}, at most {wanted:.4g}% may be lost",
    "spearman": "the order by {kind} agrees with the exact one by {found:.3f} (Spearman), {wanted:.3g} is asked for",
}


def models(ruleset: Ruleset, diagnostics: Diagnostics, conditions: Conditions, columns: Mapping[str, tuple]) -> tuple[ir.Model, ...]:
    """The rankers of a site, with their sections; those with an error are left out. columns: field → a value an item."""
    if ruleset.items is None:
        for entry in ruleset.models.values():
            diagnostics.error("E080", entry.place(), "a model needs items to rank", "declare `items:` in site.yaml")
        return ()
    model_chains.circles(ruleset, diagnostics)
    found = (_Maker(ruleset, diagnostics, conditions, columns, entry).model() for entry in ruleset.models.values())
    return tuple(model for model in found if model is not None)


class _Maker:
    """Makes one model."""

    def __init__(self, ruleset: Ruleset, diagnostics: Diagnostics, conditions: Conditions, columns: Mapping[str, tuple], entry: Entry[Any]) -> None:
        self.ruleset, self.diagnostics, self.conditions, self.columns, self.entry = ruleset, diagnostics, conditions, columns, entry
        self.spec, self.ids, self.site = entry.spec, ruleset.items.ids, ruleset.site.spec
        self.row_of = {item: row for row, item in enumerate(self.ids)}

    def model(self) -> ir.Model | None:
        """The model; None where it was reported."""
        if self.spec.cascade:
            return self._cascade()
        if self.spec.score is not None:
            return self._by_field() if self.spec.score.file is None else self._of_file("score", self._scored)
        if self.spec.recent:
            return self._recent() if self._visitor_checked() else None
        made = self._of_file("vectors" if self.spec.vectors else "lists", self._vectors if self.spec.vectors else self._lists)
        sound = self._visitor_checked()
        return self._with_centroids(made) if made is not None and sound else None

    def refuse(self, code: str, path: tuple, message: str, fix: str) -> None:
        self.diagnostics.error(code, self.entry.place(*path), message, fix)

    # --- kinds

    def _cascade(self) -> ir.Model | None:
        """The models one after the other; in place of a cascade its own parts."""
        others = self.ruleset.models.keys() - {self.entry.name}
        sound = [known(self.diagnostics, "E037", "model", part, others, self.entry, "cascade", i) for i, part in enumerate(self.spec.cascade)]
        if not all(sound):
            return None
        parts = model_chains.parts(self.ruleset, self.entry.name)
        return ir.Model(self.entry.name, _version(*(part.encode() for part in parts)), "cascade", parts=parts)

    def _recent(self) -> ir.Model:
        """The visitor's own items: there is nothing to hold."""
        visitor = self.spec.visitor
        half_life = float(visitor.mean.half_life) if visitor.mean else 0.0
        return ir.Model(self.entry.name, _version(b"recent", repr(half_life).encode()), "recent", visitor.from_, half_life, otherwise=visitor.else_)

    def _by_field(self) -> ir.Model | None:
        field = self.spec.score.from_.removeprefix("item.")
        fields = self.ruleset.items.fields
        if not known(self.diagnostics, "E031", "item field", field, fields, self.entry, "score", "from"):
            return None
        if fields[field] not in ("double", "int"):
            return self.refuse("E081", ("score", "from"), f"items cannot be ordered by '{field}': it is no number", "name a field of the type double or int")
        return ir.Model(self.entry.name, _version(repr(list(self.columns[field])).encode()), "order", field=field)

    def _of_file(self, kind: str, make: Any) -> ir.Model | None:
        """A model that a file describes, with what its card says."""
        import numpy as np

        path = (kind, "file")
        relative = getattr(self.spec, kind).file
        try:
            card = self._card(relative, path)
            with np.errstate(all="ignore"):
                model = make(relative)
        except ModelFileError as error:
            return self.refuse(error.code, path, f"{relative}: {error.message}", error.fix)
        if model is None:
            return None
        half_life = float(self.spec.visitor.mean.half_life) if self.spec.visitor and self.spec.visitor.mean else 0.0
        version = _version(*(raw for _, raw in model.sections), repr((model.kind, half_life, model.unit)).encode())
        return replace(
            model, version=f"{card.version}-{version}" if card else version, half_life=half_life,
            source=self.spec.visitor.from_ if self.spec.visitor else None, otherwise=self.spec.visitor.else_ if self.spec.visitor else None,
        )  # fmt: skip

    def _vectors(self, relative: str) -> ir.Model | None:
        from compiler import model_files, model_quality
        from compiler.quantize import quantize, quantize4
        from compiler.quantize_pq import quantize_pq

        spec = self.spec.vectors
        found = None
        if self._id_checked("vectors"):
            found = model_files.read_vectors(self.ruleset.folder / relative, spec.id, spec.column, self.ruleset.folder / spec.ids if spec.ids else None)
        vectors = self._in_order(found) if found is not None else None
        if vectors is None or not self._parts_checked(vectors.shape[1]):
            return None
        self._lengths_checked(relative, vectors)
        if spec.quantize == "pq":
            made = quantize_pq(vectors, spec.parts)
            model = ir.Model(self.entry.name, "", "pq", dimensions=made.dimensions, sections=made.sections(), parts_of=spec.parts)
        else:
            made = (quantize4 if spec.quantize == "int4" else quantize)(vectors)
            model = ir.Model(self.entry.name, "", made.kind, dimensions=made.dimensions, sections=made.sections())
        return self._measured(replace(model, quality=model_quality.of_vectors(model, vectors)), "vectors", spec.min_overlap)

    def _lists(self, relative: str) -> ir.Model | None:
        from compiler import model_files, model_quality
        from compiler.quantize_lists import heaviest, quantize_lists
        from tessera.score import WHOLE

        if not self._id_checked("lists"):
            return None
        found = model_files.read_lists(self.ruleset.folder / relative)
        rows = self._rows(relative, found.ids, "lists")
        items, others = rows[found.items], rows[found.others]
        kept = (items >= 0) & (others >= 0) & (items != others)
        n = len(self.ids)
        pairs = heaviest(n, items[kept], others[kept], found.weights[kept], self.spec.lists.most)
        made = quantize_lists(n, *pairs)
        model = ir.Model(self.entry.name, "", "lists", sections=made.sections(), unit=made.unit / WHOLE)
        return self._measured(replace(model, quality=model_quality.of_lists(model, *pairs, n)), "lists", None)

    def _scored(self, relative: str) -> ir.Model | None:
        import numpy as np

        from compiler import model_files

        found = model_files.read_scores(self.ruleset.folder / relative, self.site.items.id)
        rows = self._rows(relative, found.ids, "score")
        scores = np.full(len(self.ids), min(0.0, float(found.scores.min(initial=0.0))))  # of items that the file does not know
        scores[rows[rows >= 0]] = found.scores[rows >= 0] + 0.0  # -0.0 is 0.0
        order = np.lexsort((np.arange(len(scores)), -scores))
        return ir.Model(self.entry.name, "", "order", sections=(("rows", order.astype("<u4").tobytes()), ("scores", scores.astype("<f8").tobytes())))

    # --- the items

    def _id_checked(self, kind: str) -> bool:
        told, wanted = getattr(self.spec, kind).id, self.site.items.id
        if told == wanted:
            return True
        self.refuse("E082", (kind, "id"), f"the {kind} are told apart by '{told}', the items by '{wanted}'", f"write `id: {wanted}`, or make the {kind} anew")
        return False

    def _in_order(self, found: Any) -> np.ndarray | None:
        """The vectors in the order of the items; those that are missing are predicted where the model says by what."""
        import numpy as np

        from compiler.cold_items import completed

        unknown = [item for item in found.ids if item not in self.row_of]
        if unknown:
            raise ModelFileError("E082", f"vectors of unknown items: {_some(sorted(unknown))}", "make the vectors anew for the items of the catalogue")
        have = {item: row for row, item in enumerate(found.ids)}
        missing = [item for item in self.ids if item not in have]
        cold = self.spec.vectors.cold
        if not all([known(self.diagnostics, "E031", "item field", field, self.columns, self.entry, "vectors", "cold", i) for i, field in enumerate(cold)]):
            return None
        if missing and not cold:
            raise ModelFileError("E082", f"no vector for {_some(missing)}", "make the vectors anew for the items of the catalogue, or name fields to go by: `cold: […]`")
        vectors = np.zeros((len(self.ids), found.vectors.shape[1]), np.float32)
        vectors[[self.row_of[item] for item in found.ids]] = found.vectors
        if not missing:
            return vectors
        return completed(vectors, np.array([item in have for item in self.ids], bool), self.columns, cold)

    def _rows(self, relative: str, ids: Sequence[str], kind: str) -> np.ndarray:
        """Of each id its row of the catalogue, -1 for one that is not there."""
        import numpy as np

        rows = np.array([self.row_of.get(item, -1) for item in ids], np.int64)
        strange = [item for item, row in zip(ids, rows) if row < 0]
        if len(strange) == len(ids):
            raise ModelFileError("E082", f"none of its {len(ids):,} ids is an item of the catalogue", f"make it anew with the ids of the column '{self.site.items.id}'")
        if strange:
            message = f"{relative}: {len(strange):,} of its {len(ids):,} ids are no items: {_some(strange)}; they are left out"
            self.diagnostics.warning("W012", self.entry.place(kind, "file"), message, "make it anew for the items of the catalogue")
        return rows

    # --- checks

    def _parts_checked(self, d: int) -> bool:
        """Product quantization says into how many parts, and is for large catalogues."""
        spec, above = self.spec.vectors, self.site.models.pq_above
        if spec.quantize != "pq":
            if spec.parts is not None:
                self.refuse("E016", ("vectors", "parts"), "`parts` are of `quantize: pq`", "remove it")
            return spec.parts is None
        if spec.parts is None or spec.parts > d:
            self.refuse("E016", ("vectors", "quantize"), f"into how many parts is a vector of {d} numbers cut?", f"write `parts: {max(1, d // 4)}`, or another number up to {d}")
            return False
        if len(self.ids) <= above:
            books, int8 = 256 * d, len(self.ids) * (d + 4)
            message = f"pq is for catalogues of more than {above:,} items, this one has {len(self.ids):,}: its codebooks take {books:,} bytes, all of int8 {int8:,}"
            self.refuse("E083", ("vectors", "quantize"), message, "write `quantize: int8`, which keeps far more of the ranking; or int4, at half the size")
            return False
        return True

    def _lengths_checked(self, relative: str, vectors: np.ndarray) -> None:
        import numpy as np

        lengths = np.sqrt((vectors.astype(np.float64) ** 2).sum(axis=1))
        empty = [self.ids[row] for row in np.flatnonzero(lengths == 0)]
        place = self.entry.place("vectors", "file")
        if empty:
            message = f"{relative}: the vectors of {len(empty):,} items are zero: {_some(empty)}; they never come near to anybody"
            self.diagnostics.warning("W010", place, message, "train with these items, or leave their vectors out and name fields to go by: `cold: […]`")
        some = np.sort(lengths[lengths > 0])
        if len(some) and some[-1] > MOST_UNEVEN * some[0]:
            longest = self.ids[int(np.argmax(lengths))]
            message = f"{relative}: the longest vector ({longest}) is {some[-1] / some[0]:,.0f} times as long as the shortest: a few items come first for everybody"
            self.diagnostics.warning("W010", place, message, "normalise the vectors, or train with more regularisation")

    def _measured(self, model: ir.Model, kind: str, own: int | None) -> ir.Model | None:
        """The model, where it keeps enough of the exact ranking."""
        limits, quality = self.site.models, model.quality
        wanted = (limits.min_overlap if own is None else own) / 10_000
        told = {"kind": "int16" if model.kind == "lists" else model.kind, "lost": 1 - quality.recall}
        lost = []
        if quality.overlap * 100 < wanted:
            lost.append(LOST["overlap"].format(found=quality.overlap, wanted=wanted, **told))
        if told["lost"] > limits.max_recall_loss / MILLION:
            lost.append(LOST["recall"].format(wanted=limits.max_recall_loss / 10_000, **told))
        if quality.spearman < limits.min_rank_correlation:
            lost.append(LOST["spearman"].format(found=quality.spearman, wanted=limits.min_rank_correlation, **told))
        if not lost:
            return model
        path = (kind, "min_overlap") if own is not None and quality.overlap * 100 < wanted else (kind, "file")
        better = {"pq": "write `quantize: int8`", "int4": "write `quantize: int8`"}.get(model.kind, "train it so that its numbers differ less in size")
        self.refuse("E083", path, "; ".join(lost), f"{better}, or lower what is asked for (`min_overlap` here, `models:` in site.yaml)")
        return None

    def _card(self, relative: str, path: tuple) -> model_cards.Card | None:
        """What stands beside the file, where it is of this file and passes the site's gates."""
        beside = model_cards.card_path(relative)
        fix = "train it anew with `tessera train`, and copy the model together with its card"
        try:
            card = model_cards.read(self.ruleset.folder / beside)
            if card is not None and card.version != model_cards.version_of(self.ruleset.folder / relative):
                raise ModelFileError("E089", f"{beside} is the card of another file ({card.version})", fix)
        except model_cards.BadCard as error:
            raise ModelFileError("E080", f"{beside} cannot be read: {error}", fix) from None
        gates = {} if self.spec.gates == "none" else self.site.models.gates.model_dump()
        for failed in model_cards.unmet(card, gates):
            fix = "train it anew, on more data or with other parameters, or lower the gate in site.yaml"
            self.refuse("E089", path, f"{relative}: {failed}", fix if card else "copy its card beside it; or write `gates: none` in the model, where it is made by hand")
        return card

    # --- the visitor

    def _visitor_checked(self) -> bool:
        visitor = self.spec.visitor
        sound = self._source_checked(visitor)
        if visitor.else_ is not None:
            others = self.ruleset.models.keys() - {self.entry.name}
            sound &= known(self.diagnostics, "E037", "model", visitor.else_, others, self.entry, "visitor", "else")
        if visitor.segments and self.spec.vectors is None:
            self.refuse("E082", ("visitor", "segments"), "lists have no centroid that could stand for a segment", "give such visitors another model: `else: …`")
            sound = False
        return sound

    def _source_checked(self, visitor: Any) -> bool:
        source, path = visitor.from_, ("visitor", "from")
        if source.startswith("page."):
            from tessera.bundle import params

            names = sorted({name for places in params(tuple(self.site.pages.items())).values() for name in places})
            if not known(self.diagnostics, "E034", "part of an address", source.removeprefix("page."), names, self.entry, *path):
                return False
            kind = "page"
        elif known(self.diagnostics, "E021", "attribute", source, self.conditions.kinds, self.entry, *path):
            kind = self.conditions.kinds[source]
        else:
            return False
        possible = ("list<item>", "list<double>") if self.spec.vectors else ("list<item>",)
        if kind != "page" and kind not in possible:
            what = "a visitor's vector is made of a list<item>, or is a list<double>" if self.spec.vectors else "lists go by a list<item>"
            self.refuse("E082", path, f"'{source}' is {kind}; {what}", f"name an attribute of the type {' or '.join(possible)}, or `page.…`")
            return False
        if kind != "list<item>" and visitor.mean is not None:
            what = "the item of a page is one alone" if kind == "page" else "a stored vector is taken as it is"
            self.refuse("E016", ("visitor", "mean"), f"{what}: there is nothing to take a mean of", "remove `mean`")
            return False
        return True

    def _with_centroids(self, model: ir.Model) -> ir.Model | None:
        """The model with what stands for the visitors of some segments."""
        from compiler.centroids import centroid

        found = []
        for segment, text in self.spec.visitor.segments.items():
            path = ("visitor", "segments", segment)
            if not known(self.diagnostics, "E029", "segment", segment, self.ruleset.segments, self.entry, *path, key=True):
                continue
            self.conditions.compile(self.entry, path, f"segment.{segment}")  # notes what it reads
            when = self.conditions.compile(self.entry, path, text, ("item",))
            if when is None:
                continue
            made = centroid(model, when, self.ids, self.columns)
            if made is None:
                self.refuse("E082", path, f"no item stands for the segment '{segment}': {text}", "change the condition so that some items hold")
                continue
            found.append((segment, made[0]))
        version = _version(model.version.encode(), *(vector for _, vector in found)) if found else None
        head = model.version.rpartition("-")
        return replace(model, centroids=tuple(found), version=f"{head[0]}{head[1]}{version}" if version else model.version)


def _version(*parts: bytes) -> str:
    return sha256(b"\0".join(parts)).hexdigest()[:12]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
