"""What each file of a site may hold: the authoring format as frozen pydantic models, strict and without unknown keys.

Shares are parts per million, durations seconds (0: until the session ends), moments seconds since 1970. A key that is
a word of Python has an underscore here: `from_`, `as_`, `with_`, `except_`, `else_`. One file, because it is read as a
whole: the format's reference, and the source of the JSON Schemas.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from compiler.values import (
    MILLION, AttributeType, Condition, Duration, End, File, Host, Lift, Many, Milliseconds, Moment, Name, OneOrMany, PathPattern,
    Share, Span, SpokenName, Start, Text, Zone, refused, spoken,
)  # fmt: skip

Channel = Literal["web", "email", "mobile", "ads"]
Level = Literal["individual", "segment", "cohort", "default"]
LEVELS = ("individual", "segment", "cohort")
Cell = Literal["string", "double", "int", "bool", "image", "link"]


class Shape(BaseModel):
    """The common ground: exact types, no unknown keys, immutable."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)


# --- site.yaml -------------------------------------------------------------------------------------------------------


class Attribute(Shape):
    """A stored fact: its type, the purpose it needs, how long it is kept, where it comes from."""

    type: AttributeType = Field(examples=["type: string"])
    purpose: Name = Field(examples=["purpose: personalization"], description="the consent it needs, or none")
    keep: Duration = Field(examples=["keep: 30d"])
    from_: Text | None = Field(None, alias="from", examples=["from: crm"])
    default: Any = Field(None, examples=["default: false"])
    about: Text | None = None

    @model_validator(mode="after")
    def _default_fits(self) -> Attribute:
        if self.default is not None and not _fits(self.default, self.type.name, self.type.members):
            raise refused(f"the default, {spoken(self.default)}, is not of the type {self.type}", "give a default of that type, or leave it out", "E011")
        return self


class Attributes(Shape):
    """The declared facts by namespace; request.* is built in."""

    visitor: dict[SpokenName, Attribute] = {}
    account: dict[SpokenName, Attribute] = {}


class Purpose(Shape):
    """A consent purpose and the TCF purposes it stands for."""

    tcf: Many[Annotated[int, Field(ge=1, le=11)]] = ()
    about: Text | None = None


class Jurisdiction(Shape):
    """What is allowed without opt-in where the condition holds."""

    when: Condition | None = Field(None, examples=["when: 'request.region == \"EEA\"'"])
    allow: Many[Name] = Field(examples=["allow: [personalization]"])
    gpc: Literal["deny"] | None = None


class Holdout(Shape):
    """The visitors who always get the defaults."""

    share: Share = Field(examples=["share: 5%"])
    salt: Text = Field(examples=["salt: h2-2026"])
    except_: Many[Name] = Field((), alias="except", description="slots that the holdout does not touch")


class Assets(Shape):
    """The static pages that stand for the origin; `images` is where an image without a slash is looked up."""

    dir: File = "public"
    images: Annotated[str, Field(pattern="^/.*/$|^/$")] = "/img/"


class Items(Shape):
    """The catalogue: a CSV file with one row for each item."""

    file: File = Field(examples=["file: items.csv"])
    id: SpokenName = Field(examples=["id: sku"])
    fields: dict[SpokenName, Cell] = Field(examples=["fields: {name: string, price: double}"])


class Lookup(Shape):
    """Facts about an address: a CSV file of networks."""

    file: File = Field(examples=["file: lookups/company.csv"])
    key: Literal["ip"] = "ip"


class Log(Shape):
    """The purpose that logging ids and stored facts needs (`none`: no consent), and how long records are kept."""

    purpose: Name = "analytics"
    keep: Span = 90 * 86_400


class Freshness(Shape):
    """How long a page waits for the visitor's stored profile."""

    deadline: Milliseconds = 20


class Site(Shape):
    """site.yaml"""

    tessera: Literal[1] = Field(examples=["tessera: 1"])
    name: Name | None = Field(None, description="what logs call the site; the first host unless given")
    hosts: Annotated[Many[Host], Field(min_length=1)] = Field(examples=["hosts: [shop.example.com]"])
    pages: Annotated[dict[Name, PathPattern], Field(min_length=1)] = Field(examples=["pages: {home: /, product: \"/p/:sku\"}"])
    attributes: Attributes = Attributes()
    purposes: dict[Name, Purpose] = {}
    jurisdictions: dict[Name, Jurisdiction] = {}
    holdout: Holdout | None = None
    assets: Assets = Assets()
    items: Items | None = None
    lookups: dict[Name, Lookup] = {}
    log: Log = Log()
    freshness: Freshness = Freshness()


# --- segments.yaml, metrics.yaml -------------------------------------------------------------------------------------


class Segment(Shape):
    """A named condition."""

    when: Condition = Field(examples=["when: 'visitor.visits > 3'"])
    owner: Text | None = None
    about: Text | None = None


class Metric(Shape):
    """What is counted for each visitor, or summed, and within which time."""

    event: Name = Field(examples=["event: purchase"])
    sum: Name | None = Field(None, examples=["sum: value"])
    within: Duration = Field(examples=["within: 7d"])
    good: Literal["up", "down"] = "up"
    about: Text | None = None


# --- slots, experiments, campaigns -----------------------------------------------------------------------------------


class Outcome(Shape):
    """What a rule, a default or an arm does: show a variant, rank items by a model, or let a test decide."""

    show: Name | None = Field(None, examples=["show: evergreen"])
    rank: Name | None = Field(None, examples=["rank: trending"])
    test: Name | None = Field(None, examples=["test: hero_headline"])
    take: Annotated[int, Field(ge=1, le=100)] | None = Field(None, examples=["take: 8"])
    where: Condition | None = Field(None, examples=["where: 'item.in_stock'"])
    at_most: dict[Name, Annotated[int, Field(ge=1)]] = Field({}, examples=["at_most: {category: 3}"])

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
        extra = [key for key in ("take", "where", "at_most") if getattr(self, key)]
        if "rank" not in given and extra:
            raise refused(f"{' and '.join(extra)} goes with rank", "add `rank: …`, or remove it", "E016")
        if "rank" in given and self.take is None:
            raise refused("rank needs the number of items", "add it, for example `take: 8`", "E010")


class Rule(Outcome):
    """A rule of a ladder."""

    rule: Name = Field(examples=["rule: returning"])
    when: Condition = Field(examples=["when: segment.returning"])
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
    """Where on which pages, and how the content is put there."""

    page: OneOrMany = Field(examples=["page: home"])
    selector: Text = Field(examples=["selector: \"#hero\""])
    do: Literal["replace", "inner", "before", "after", "prepend", "append"] = Field(examples=["do: replace"])


class Slot(Shape):
    """slots/*.yaml"""

    place: Place = Field(examples=["place: {page: home, selector: \"#hero\", do: replace}"])
    component: Name = Field(examples=["component: hero"])
    test: Name | None = Field(None, description="an experiment whose arms patch the fields of whichever variant is shown")
    ladder: Ladder = Field(examples=["ladder: {default: none}"])
    owner: Text | None = None
    about: Text | None = None


class Hypothesis(Shape):
    """Why the experiment is run."""

    change: Text = Field(examples=["change: promise a benefit"])
    audience: Text = Field(examples=["audience: all"])
    outcome: Name = Field(examples=["outcome: order"])
    by: Lift = Field(examples=["by: +2%"], description="the expected relative change")
    because: Text = Field(examples=["because: interviews"])


class Run(Shape):
    """From when until when. A date in `until` includes that day; dates without an offset are in `zone`."""

    from_: Start | None = Field(None, alias="from", examples=["from: 2026-12-01"])
    until: End | None = Field(None, examples=["until: 2026-12-22"])
    zone: Zone = "UTC"

    @property
    def local(self) -> bool:
        """Whether start and end are on the visitor's own clock."""
        return self.zone == "visitor"

    @property
    def start(self) -> int | None:
        """Seconds since 1970 of the first moment; on the visitor's clock where `local`."""
        return _instant(self.from_, self.zone)

    @property
    def end(self) -> int | None:
        """Seconds since 1970 of the first moment after it; on the visitor's clock where `local`."""
        return _instant(self.until, self.zone)

    @model_validator(mode="after")
    def _in_order(self) -> Run:
        exact = [moment for moment in (self.from_, self.until) if moment and not moment.local]
        if self.local and exact:
            raise refused("with `zone: visitor` a time cannot have an offset", "leave the offset (Z, +01:00) out")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise refused("`until` lies before `from`", "exchange or correct the dates")
        return self


class ExperimentRun(Run):
    """The run of an experiment, with the power and the error rate it is planned for."""

    power: Share = 800_000
    alpha: Share = 50_000


class Arm(Outcome):
    """An alternative of an experiment. The first is control; it may have nothing but its weight."""

    weight: Annotated[int, Field(ge=0, le=1_000_000)] = Field(examples=["weight: 50"])
    set: dict[Name, Text] = Field({}, examples=["set: {headline: Better mornings}"])
    about: Text | None = None

    @model_validator(mode="after")
    def _one_outcome(self) -> Arm:
        self._count(("show", "rank", "set"), least=0)
        if self.test:
            raise refused("an arm cannot be a test itself", "write show, rank or set", "E016")
        return self


class Experiment(Shape):
    """experiments/*.yaml"""

    hypothesis: Hypothesis | None = None
    unit: Literal["visitor", "account"] = "visitor"
    purpose: Name = "analytics"
    layer: Name | None = None
    share: Share = MILLION
    salt: Text | None = Field(None, description="what assignment is hashed with; the experiment's name unless given")
    arms: Annotated[dict[Name, Arm], Field(min_length=2, max_length=100)] = Field(examples=["arms: {control: {weight: 50}, benefit: {weight: 50, set: {headline: …}}}"])
    goal: Name = Field(examples=["goal: order"])
    guard: Many[Name] = ()
    run: ExperimentRun | None = Field(None, examples=["run: {from: 2026-12-01, until: 2026-12-22}"])
    owner: Text | None = None

    @model_validator(mode="after")
    def _some_weight(self) -> Experiment:
        if not any(arm.weight for arm in self.arms.values()):
            raise refused("all arms have the weight 0", "give the arms weights that say how many visitors each gets")
        return self


class Cap(Shape):
    """How often one visitor is shown a campaign."""

    times: Annotated[int, Field(ge=1, le=1000)] = Field(examples=["times: 3"])
    per: Span = Field(examples=["per: 7d"])
    channels: Many[Channel] = ("web",)
    count: Literal["seen", "decided"] = "seen"


class Campaign(Shape):
    """campaigns/*.yaml"""

    owner: Text | None = None
    run: Run | None = Field(None, examples=["run: {from: 2026-12-01, until: 2027-01-31, zone: visitor}"])
    goal: Name | None = None
    cap: Cap | None = Field(None, examples=["cap: {times: 3, per: 7d}"])
    pause: Condition | None = Field(None, examples=["pause: visitor.open_case"], description="true pauses the campaign")
    approve: Many[Text] = ()
    about: Text | None = None


# --- models ----------------------------------------------------------------------------------------------------------


class Vectors(Shape):
    """An NPZ file with `ids` and `vectors`, and how it is quantized."""

    file: File = Field(examples=["file: items.npz"])
    id: Name = Field(examples=["id: sku"])
    quantize: Literal["int8"] = "int8"
    min_overlap: Share = Field(950_000, description="the least share of the exact neighbours that the quantized vectors must find")


class Mean(Shape):
    """A mean in which older items weigh less."""

    half_life: Span = Field(examples=["half_life: 7d"])


class VisitorVector(Shape):
    """The visitor's vector: the mean of the items in an attribute."""

    from_: Annotated[str, Field(pattern=r"^visitor\.[a-z][a-z0-9_]*$")] = Field(alias="from", examples=["from: visitor.recent"])
    mean: Mean = Field(examples=["mean: {half_life: 7d}"])
    else_: Name | None = Field(None, alias="else", description="the model for visitors without any of these items")


class Score(Shape):
    """One order for everybody."""

    from_: Annotated[str, Field(pattern=r"^item\.[a-z][a-z0-9_]*$")] = Field(alias="from", examples=["from: item.popularity"])


class Model(Shape):
    """models/*.yaml: either vectors and how the visitor's is made, or one score for everybody."""

    vectors: Vectors | None = Field(None, examples=["vectors: {file: items.npz, id: sku}"])
    visitor: VisitorVector | None = Field(None, examples=["visitor: {from: visitor.recent, mean: {half_life: 7d}}"])
    score: Score | None = Field(None, examples=["score: {from: item.popularity}"])
    about: Text | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Model:
        if (self.vectors is None) == (self.score is None):
            raise refused("a model has either vectors or a score", "write `vectors: …` with `visitor: …`, or `score: {from: item.popularity}`", "E016")
        if (self.vectors is None) != (self.visitor is None):
            raise refused("vectors and visitor belong together", "add the other one: `visitor: {from: visitor.recent, mean: {half_life: 7d}}`", "E016")
        return self


# --- content ---------------------------------------------------------------------------------------------------------


class Content(Shape):
    """content/*.yaml: the fields of a component, and its variants; `extends` takes over the fields of another variant."""

    fields: dict[SpokenName, Literal["text", "image", "link"]] = Field(examples=["fields: {headline: text, image: image, cta: link}"])
    variants: dict[Name, dict[Name, Annotated[str, Field(max_length=20_000)]]] = Field(examples=["variants: {evergreen: {headline: …}}"])
    owner: Text | None = None

    @model_validator(mode="after")
    def _free_names(self) -> Content:
        if "none" in self.variants:
            raise refused("`none` is not a variant: it leaves the page as it is", "choose another name", "E013")
        if "extends" in self.fields:
            raise refused("`extends` cannot be a field", "choose another name", "E013")
        return self


# --- scenarios -------------------------------------------------------------------------------------------------------

Facts = dict[Name, Any]


class Visitor(Shape):
    """A visitor of the scenarios: what is known, and what was consented to."""

    id: Text | None = None
    visitor: Facts = {}
    account: Facts = {}
    request: Facts = {}
    consent: Many[Name] | None = Field(None, description="the purposes chosen; without it nothing was chosen")
    gpc: bool | None = Field(None, description="whether the browser sends Global Privacy Control")
    holdout: bool | None = Field(None, description="whether the visitor is held out; not unless this says so")
    seen: dict[Name, Annotated[int, Field(ge=0)]] = Field({}, description="campaign → how often it was seen lately")
    at: Start | None = Field(None, description="when")


class Expect(Shape):
    """What the decision for a slot must say; keys that are left out are not compared."""

    variant: Name | None = None
    level: Level | None = None
    rule: Name | None = None
    segment: Name | None = None
    campaign: Name | None = None
    experiment: Name | None = None
    arm: Name | None = None
    model: Name | None = None
    holdout: bool | None = None
    items: Many[Text] | None = None
    why: Name | None = None


class Scenario(Shape):
    """A request and what it must lead to."""

    name: Text = Field(examples=["name: a new visitor sees the default"])
    as_: Name | None = Field(None, alias="as", description="one of the visitors above")
    with_: Visitor | None = Field(None, alias="with", description="facts in place of, or besides, the visitor's")
    page: Annotated[str, Field(pattern="^/")] = Field(examples=["page: /"])
    arms: dict[Name, Name] = Field({}, description="experiment → the arm that is forced")
    expect: Annotated[dict[Name, Expect], Field(min_length=1)] = Field(examples=["expect: {hero: {variant: evergreen, why: default}}"])


class Scenarios(Shape):
    """scenarios/*.yaml"""

    visitors: dict[Name, Visitor] = {}
    scenarios: Annotated[Many[Scenario], Field(min_length=1)] = Field(examples=["scenarios: [{name: …, page: /, expect: {hero: {variant: evergreen}}}]"])


def _instant(moment: Moment | None, zone: str) -> int | None:
    if moment is None or not moment.local or zone in ("visitor", "UTC"):
        return None if moment is None else moment.at
    import zoneinfo

    wall = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=moment.at)
    return round(wall.replace(tzinfo=zoneinfo.ZoneInfo(zone)).timestamp())


def _fits(value: Any, kind: str, members: tuple[str, ...]) -> bool:
    """Whether a plain value can be the default of an attribute of this kind."""
    if kind in ("int", "double"):
        return isinstance(value, int if kind == "int" else (int, float)) and not isinstance(value, bool)
    if kind == "enum":
        return value in members
    return isinstance(value, {"bool": bool, "list": list, "map": Mapping}.get(kind, str))
