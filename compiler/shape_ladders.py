"""The shapes of slots and flags: where they are, and the ladder of rules that decides them."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import msgpack
from pydantic import AfterValidator, BeforeValidator, Field, Strict, WithJsonSchema, model_validator

from compiler.operations import FIELDS, PRELOADING, Operation
from compiler.shape import LEVELS, Channel, Shape, Unit
from compiler.values import Condition, Many, Name, OneOrMany, OneOrManyTexts, Share, Text, refused, spoken


Factor = Annotated[float, Strict(False), Field(ge=0.01, le=100)]
_OF_ITEMS = ("take", "where", "at_most", "without", "boost", "pin")


class Boost(Shape):
    """What the score of some items is multiplied by (of a score below zero: divided)."""

    when: Condition = Field(examples=["when: 'item.category == \"gifts\"'"])
    by: Factor = Field(examples=["by: 1.2"])


class Outcome(Shape):
    """What a rule, a default or an arm does: show a variant, rank items by a model, or let a test decide."""

    show: Name | None = Field(None, examples=["show: evergreen"])
    rank: Name | None = Field(None, examples=["rank: trending"])
    test: Name | None = Field(None, examples=["test: hero_headline"])
    take: Annotated[int, Field(ge=1, le=100)] | None = Field(None, examples=["take: 8"])
    where: Condition | None = Field(None, examples=["where: 'item.in_stock'"])
    at_most: dict[Name, Annotated[int, Field(ge=1)]] = Field({}, examples=["at_most: {category: 3}"])
    without: OneOrManyTexts = Field((), examples=["without: visitor.bought"], description="attributes whose items are not shown")
    boost: Many[Boost] = ()
    pin: OneOrManyTexts = Field((), examples=["pin: [starter-set]"], description="the items that come first, where the filter admits them")
    among: dict[Name, Condition] = Field({}, examples=["among: {espresso: 'item.category == \"espresso\"'}"], description="variant → the items that it stands for: the nearest variant is shown in place of items")

    @property
    def kind(self) -> Literal["show", "rank", "test", "set", ""]:
        """Which of the alternatives it is; "" for an arm that leaves things as they are."""
        return next((kind for kind in ("show", "rank", "test", "set") if getattr(self, kind, None)), "")

    @model_validator(mode="after")
    def _one_outcome(self) -> Outcome:
        self._count(("show", "rank", "test"), least=1)
        return self

    def _count(self, kinds: tuple[str, ...], least: int) -> None:
        given = [kind for kind in kinds if getattr(self, kind, None)]
        allowed = f"{', '.join(kinds[:-1])} or {kinds[-1]}"
        if len(given) > 1:
            raise refused(f"only one of {allowed} is possible, here are {' and '.join(given)}", f"keep one of {' and '.join(given)}", "E016")
        if len(given) < least:
            raise refused(f"one of {allowed} must say what happens", "for example `show: evergreen`, or `show: none` to leave the page as it is", "E016")
        extra = [key for key in (*_OF_ITEMS, "among") if getattr(self, key)]
        if "rank" not in given and extra:
            raise refused(f"{' and '.join(extra)} goes with rank", "add `rank: …`, or remove it", "E016")
        if self.among and len(extra) > 1:
            raise refused(f"{' and '.join(extra[:-1])} is about items, and `among` ranks variants", f"remove {' and '.join(extra[:-1])}, or `among`", "E016")
        if "rank" in given and self.take is None and not self.among:
            raise refused("rank needs the number of items", "add it, for example `take: 8`", "E010")


class Rule(Outcome):
    """A rule of a ladder."""

    rule: Name = Field(examples=["rule: returning"])
    when: Condition = Field(examples=["when: segment.returning"])
    share: Share | None = Field(None, examples=["share: 20%"], description="of those for whom the condition holds: a percentage rollout")
    unit: Unit = "visitor"
    salt: Text | None = Field(None, description="what the rollout is hashed with; the names of slot and rule unless given")
    purpose: Name | None = Field(None, examples=["purpose: personalization"], description="the consent that acting by it needs, besides what its condition reads")
    campaign: Name | None = None
    about: Text | None = None


class Default(Outcome):
    """What a slot gets when no rule holds; a bare name is a variant."""


def _shown(value: Any) -> Any:
    return {"show": value} if isinstance(value, str) else value


class Ladder(Shape):
    """The rules by level, each level top-down, and the default."""

    individual: Many[Rule] = ()
    segment: Many[Rule] = ()
    cohort: Many[Rule] = ()
    default: Annotated[Default, BeforeValidator(_shown, json_schema_input_type=str | Default)] = Field(examples=["default: none"])


class Place(Shape):
    """Where on which pages, and what is done there; or `do: redirect`, which sends the visitor elsewhere. A slot of another
    channel (an e-mail, a push message…) has no page: its content is what the HTTP API answers."""

    page: OneOrMany = Field((), examples=["page: home"])
    channel: Channel = Field("web", examples=["channel: email"])
    selector: Text = Field(None, examples=["selector: \"#hero\""])
    do: Operation = Field(None, examples=["do: replace"])
    field: Name | None = Field(None, examples=["field: headline"], description="of the component: what text, src, srcset, href or class puts there")
    preload: Name | None = Field(None, examples=["preload: image"], description="the image of the component that the head of the page tells of")

    @model_validator(mode="after")
    def _page_or_channel(self) -> Place:
        if self.channel == "web":
            for key, example in (("page", "page: home"), ("do", "do: replace")):
                if not getattr(self, key):
                    raise refused(f"the key '{key}' is missing", f"add it, for example `{example}`", "E010")
            return self
        for key in ("page", "selector", "do", "preload"):
            if getattr(self, key):
                raise refused(f"a slot of the channel {self.channel} has no {key}", f"remove `{key}`, or the channel", "E016")
        return self

    @model_validator(mode="after")
    def _selector_unless_redirect(self) -> Place:
        if self.channel != "web":
            return self
        if self.do == "redirect" and self.selector is not None:
            raise refused("a redirect is of the whole page and has no selector", "remove `selector`", "E016")
        if self.do != "redirect" and self.selector is None:
            raise refused("the key 'selector' is missing", 'add it, for example `selector: "#hero"`', "E010")
        return self

    @model_validator(mode="after")
    def _field_where_one_is_taken(self) -> Place:
        if self.channel != "web":
            return self
        if self.do in FIELDS and self.field is None:
            raise refused(f"`do: {self.do}` puts one field of the component there, and the key 'field' is missing", "add it, for example `field: headline`", "E010")
        if self.do not in FIELDS and self.field is not None:
            raise refused(f"`do: {self.do}` takes no field", f"remove `field`, or write one of {', '.join(FIELDS)}", "E016")
        if self.preload is not None and self.do not in PRELOADING:
            raise refused(f"`do: {self.do}` shows no image that could be preloaded", "remove `preload`", "E016")
        if self.preload is not None and self.field not in (None, self.preload):
            raise refused(f"'{self.field}' is what is shown, and '{self.preload}' what is preloaded", f"write `preload: {self.field}`", "E016")
        return self


def _json(value: Any) -> Any:
    """A value that a bundle can hold and that JSON can tell."""
    try:
        msgpack.packb(value)
        json.dumps(value, allow_nan=False)
    except (ValueError, OverflowError):
        raise refused("the value is not plain JSON", "write finite numbers, and whole ones of at most 64 bits") from None
    return value


def _plain(value: Any) -> Any:
    """A text, a number or a bool."""
    if not isinstance(value, (str, int, float)):
        raise refused(f"a value of metadata is a text, a number or a bool, not {spoken(value)}", "put it in quotes")
    return _json(value)


Json = Annotated[Any, AfterValidator(_json)]
Plain = Annotated[Any, AfterValidator(_plain), WithJsonSchema({"type": ["string", "number", "boolean"]})]


class Slot(Shape):
    """slots/*.yaml: a place on pages and its component; a flag, whose plain values no page shows; or a redirect."""

    place: Place | None = Field(None, examples=["place: {page: home, selector: \"#hero\", do: replace}"])
    component: Name | None = Field(None, examples=["component: hero"], description="required, but not with `do: remove`")
    flag: Text | None = Field(None, description="a flag's name in the tool that it came from")
    values: dict[Name, Json] | None = Field(None, examples=["values: {on: true, off: false}"], description="of a flag: variant → plain value")
    metadata: dict[Text, Plain] | None = Field(None, description="of a flag: what callers are told with its value")
    test: Name | None = Field(None, description="an experiment whose arms patch the fields of whichever variant is shown")
    ladder: Ladder = Field(examples=["ladder: {default: none}"])
    owner: Text | None = None
    about: Text | None = None

    @model_validator(mode="after")
    def _page_or_values(self) -> Slot:
        redirects = self.place is not None and self.place.do == "redirect"
        if self.values is None:
            if redirects:
                raise refused("a redirect needs the addresses it may lead to", "add them, for example `values: {new: /home-new}`", "E010")
            if self.flag is not None or self.metadata is not None:
                raise refused("a flag needs its values", "add them, for example `values: {on: true, off: false}`", "E010")
            return self._placed()
        given = [key for key in ("place", "component", "test") if getattr(self, key) is not None and not (key == "place" and redirects)]
        if given:
            raise refused(f"a slot with values has no {' and no '.join(given)}", f"remove {' and '.join(given)}, or the values", "E016")
        if "none" in self.values:
            raise refused("`none` is not a variant: it stands for no value at all", "choose another name", "E013")
        if self._ranks():
            raise refused("a slot with values cannot rank items", "let its rules show one of the values", "E016")
        return self

    def _placed(self) -> Slot:
        """A slot of a page has a place, and a component unless it removes its element."""
        removes = self.place is not None and self.place.do == "remove"
        for key, example in (("place", 'place: {page: home, selector: "#hero", do: replace}'), ("component", "component: hero")):
            if getattr(self, key) is None and not (removes and key == "component"):
                raise refused(f"the key '{key}' is missing", f"add it, for example `{example}`", "E010")
        if removes and self.component is not None:
            raise refused("a slot that removes its element shows no component", "remove `component`; its rules write `show: removed`", "E016")
        if (removes or self.place.field is not None) and self._ranks():
            raise refused(f"`{f'do: {self.place.do}' if self.place.do else 'field'}` has no room for ranked items", "let its rules show variants, or put markup there: `do: inner`", "E016")
        return self

    def _ranks(self) -> bool:
        rules = (rule for level in LEVELS for rule in getattr(self.ladder, level))
        return any(outcome.rank for outcome in (*rules, self.ladder.default))
