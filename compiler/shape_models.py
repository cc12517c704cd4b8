"""The shapes of models: what ranks items and variants, and how the visitor's side of it is made."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from compiler.shape import Shape
from compiler.shape_propensity import Features, Propensity, checked
from compiler.values import Condition, File, Many, Name, OneOrMany, Share, Span, SpokenName, Text, refused


class Vectors(Shape):
    """A file of ids and vectors, and how it is quantized."""

    file: File = Field(examples=["file: items.npz"], description=".npz, .parquet, .arrow, .feather, a saved model of `implicit` (.npz), or a PyTorch export (.pt, .pth)")
    id: Name = Field(examples=["id: sku"])
    column: Text | None = Field(None, examples=["column: item_factors"], description="the array, column or parameter that holds the vectors, where its name does not say so")
    ids: File | None = Field(None, examples=["ids: models/ids.txt"], description="a file with one id a line, in the order of the vectors, where they are not in the same file")
    quantize: Literal["int8", "int4", "pq"] = "int8"
    parts: Annotated[int, Field(ge=1, le=256)] | None = Field(None, description="of `quantize: pq`: how many parts a vector is cut into")
    min_overlap: Share | None = Field(None, description="the least share of the exact neighbours that the quantized vectors must find; the site's `models:` unless given")
    cold: Many[SpokenName] = Field((), examples=["cold: [category, notes]"], description="the fields of the items by which those without a vector get one")


class Gates(Shape):
    """What the card of a learned model must tell at least."""

    precision: Share | None = Field(None, examples=["precision: 5%"], description="of the ten best, by the card's figures")
    recall: Share | None = Field(None, examples=["recall: 20%"], description="of the ten best")
    coverage: Share | None = Field(None, examples=["coverage: 30%"], description="the share of items that are recommended to anybody")


class ModelLimits(Shape):
    """What every model of the site must keep when it is quantized, and be before it may enter a bundle."""

    min_overlap: Share = Field(980_000, description="the least share of the ten best that quantizing keeps")
    max_recall_loss: Share = Field(2_000, description="the largest share of the exact ten best that may be missing among the hundred best")
    min_rank_correlation: Annotated[float, Field(ge=-1, le=1, strict=False)] = Field(0.95, description="Spearman's, between the exact scores and those of the bundle")
    gates: Gates = Gates()
    pq_above: Annotated[int, Field(ge=0)] = Field(200_000, description="the number of items above which `quantize: pq` is possible")
    min_kept_neighbours: Share = Field(500_000, description="since the bundle before: the least share of an item's ten nearest that stay the same (W011)")
    max_changed_items: Share = Field(200_000, description="since the bundle before: the largest share of items that come or go (W011)")


class Lists(Shape):
    """A file of item-to-item lists: of each item others with weights."""

    file: File = Field(examples=["file: models/together.npz"])
    id: Name = Field(examples=["id: sku"])
    most: Annotated[int, Field(ge=1, le=1_000)] | None = Field(None, examples=["most: 50"], description="how many others each item keeps")


class Mean(Shape):
    """A mean in which older items weigh less."""

    half_life: Span = Field(examples=["half_life: 7d"])


class VisitorVector(Shape):
    """The visitor's side: from the items of an attribute, from a vector that is stored, or from the item that the page is about."""

    from_: Annotated[str, Field(pattern=r"^(visitor|account|page)\.[a-z][a-z0-9_]*$")] = Field(alias="from", examples=["from: visitor.recent", "from: page.sku"])
    mean: Mean | None = Field(None, examples=["mean: {half_life: 7d}"])
    segments: dict[Name, Condition] = Field({}, examples=["segments: {lapsed: 'item.category == \"gifts\"'}"], description="segment → the items whose centroid stands for its visitors, where nothing else is known of them; the first that holds")
    else_: Name | None = Field(None, alias="else", description="the model for visitors that this one knows nothing of")


class Score(Shape):
    """One order for everybody: by a number of the items, or by a file of ids and scores."""

    from_: Annotated[str, Field(pattern=r"^item\.[a-z][a-z0-9_]*$")] | None = Field(None, alias="from", examples=["from: item.popularity"])
    file: File | None = Field(None, examples=["file: models/trending.npz"])

    @model_validator(mode="after")
    def _one_source(self) -> Score:
        if (self.from_ is None) == (self.file is None):
            raise refused("a score comes from a field of the items or from a file", "write `score: {from: item.popularity}`, or `score: {file: models/trending.npz}`", "E016")
        return self


class Model(Shape):
    """models/*.yaml: vectors or lists with how the visitor's side is made, one score for everybody, or models one after the other."""

    vectors: Vectors | None = Field(None, examples=["vectors: {file: items.npz, id: sku}"])
    lists: Lists | None = Field(None, examples=["lists: {file: models/together.npz, id: sku}"])
    visitor: VisitorVector | None = Field(None, examples=["visitor: {from: visitor.recent, mean: {half_life: 7d}}"])
    score: Score | None = Field(None, examples=["score: {from: item.popularity}"])
    recent: Literal[True] | None = Field(None, examples=["recent: true"], description="with `visitor`: the visitor's own items again, those of most weight first")
    gates: Literal["none"] | None = Field(None, description="`none`: made by hand, so the site's gates are not asked of it")
    cascade: OneOrMany = Field((), examples=["cascade: [together, affinity, trending]"], description="what the first leaves free the next one fills")
    propensity: Propensity | None = Field(None, examples=["propensity: {file: models/intent.json}"])
    features: Features = Field({}, examples=["features: {PageValues: visitor.page_values}"], description="of a propensity: feature → the attribute that it is read of")
    about: Text | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Model:
        given = [kind for kind in ("vectors", "lists", "score", "cascade", "recent") if getattr(self, kind)]
        if checked(self.propensity, self.features, given):
            return self
        if len(given) != 1:
            raise refused("a model has one of vectors, lists, score, cascade and recent", "write `vectors: …` or `lists: …` with `visitor: …`, `score: {from: item.popularity}`, or `cascade: […]`", "E016")
        if (given[0] in ("vectors", "lists", "recent")) != (self.visitor is not None):
            raise refused("vectors, lists and recent go with visitor, and nothing else does", "add the other one: `visitor: {from: visitor.recent, mean: {half_life: 7d}}`", "E016")
        return self


