"""The shapes of experiments and campaigns."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from compiler.shape import Channel, Shape, Unit
from compiler.shape_ladders import Outcome
from compiler.shape_markets import Where
from compiler.values import LONGEST_TEXT, MILLION, Condition, End, Lift, Many, Moment, Name, Share, Span, Start, Text, Zone, refused

Hash = Literal["sha256", "growthbook_v1", "growthbook_v2", "unleash", "unleash_variant", "optimizely", "eppo", "flagd", "launchdarkly"]
LONGEST_KEY = 256  # characters of the key of a sticky experiment
Buckets = Annotated[list[int], Field(min_length=2, max_length=2)]


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


class Step(Shape):
    """A step of a ramp: from a moment on, this share takes part."""

    at: Start = Field(examples=["at: 2026-12-01"])
    share: Share = Field(examples=["share: 5%"])


class Holdback(Shape):
    """A share of the visitors who are kept out of an experiment."""

    share: Share = Field(examples=["share: 5%"])
    salt: Text = Field(examples=["salt: holdback-2026"])


class Arm(Outcome):
    """An alternative of an experiment. The first is control; it may have nothing but its weight."""

    weight: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(None, examples=["weight: 50"])
    ranges: Many[Buckets] | None = Field(None, examples=["ranges: [[0, 5000]]"], description="in place of a weight: the buckets [from, to) that get this arm")
    set: dict[Name, Text] = Field({}, examples=["set: {headline: Better mornings}"])
    in_: dict[Where, dict[Name, Text]] = Field({}, alias="in", examples=["in: {de: {headline: …}}"], description="what it sets in a market or a language")
    about: Text | None = None

    @model_validator(mode="after")
    def _one_outcome(self) -> Arm:
        self._count(("show", "rank", "set"), least=0)
        if self.test:
            raise refused("an arm cannot be a test itself", "write show, rank or set", "E016")
        if (self.weight is None) == (self.ranges is None):
            if self.ranges is not None:
                raise refused("an arm has either a weight or ranges", "keep one of the two", "E016")
            raise refused("an arm has a weight, or ranges of buckets", "give it a weight, for example `weight: 50`", "E010")
        return self


class Experiment(Shape):
    """experiments/*.yaml"""

    hypothesis: Hypothesis | None = None
    key: Text | None = Field(None, description="the experiment's name in the tool that it came from")
    unit: Unit = Field("visitor", description="who is randomised: visitor, account, session, or an attribute")
    fallback_unit: Unit | None = Field(None, description="the unit where the first is not known")
    purpose: Name = "analytics"
    layer: Name | None = None
    share: Share = MILLION
    ramp: Many[Step] = Field((), description="from when on which share takes part")
    holdout: Holdback | None = Field(None, description="visitors who are kept out of this experiment")
    sticky: bool = Field(False, description="a visitor keeps an arm once given, whatever becomes of weights and units")
    version: Annotated[int, Field(ge=0)] = Field(0, description="a sticky arm given under another version is forgotten")
    min_version: Annotated[int, Field(ge=0)] = Field(0, description="visitors with a sticky arm of an older version are kept out")
    salt: Annotated[str, Field(max_length=LONGEST_TEXT)] | None = Field(None, description="what assignment is hashed with; the experiment's name unless given")
    hash: Hash = Field("sha256", description="the hash of the tool that the experiment came from, so that nobody is moved")
    buckets: Annotated[int, Field(ge=1, le=2**32)] | None = Field(None, description="into how many buckets that hash divides")
    arms: Annotated[dict[Name, Arm], Field(min_length=1, max_length=100)] = Field(examples=["arms: {control: {weight: 50}, benefit: {weight: 50, set: {headline: …}}}"])
    goal: Name | None = Field(None, examples=["goal: order"])
    guard: Many[Name] = ()
    run: ExperimentRun | None = Field(None, examples=["run: {from: 2026-12-01, until: 2026-12-22}"])
    owner: Text | None = None

    @model_validator(mode="after")
    def _allocation(self) -> Experiment:
        if self.salt is not None and ("\0" in self.salt or (not self.salt.strip() and self.hash == "sha256")):
            raise refused("a text cannot hold a NUL character" if "\0" in self.salt else "the text is empty", "fill it, or leave the key out")
        by_range = [name for name, arm in self.arms.items() if arm.ranges is not None]
        if by_range and len(by_range) < len(self.arms):
            raise refused("some arms have weights and some have ranges", "give all arms weights, or all ranges", "E016")
        if by_range and self.hash == "sha256":
            raise refused("with the hash sha256 arms have weights", "give the arms weights, or name the `hash` of another tool", "E016")
        if by_range and (self.share != MILLION or self.ramp):
            raise refused("ranges say themselves who takes part", "remove `share` and `ramp`, or use weights", "E016")
        if self.ramp and self.share != MILLION:
            raise refused("a ramp says itself which share takes part", "remove `share`, or the ramp", "E016")
        if not by_range and not any(arm.weight for arm in self.arms.values()):
            raise refused("all arms have the weight 0", "give the arms weights that say how many visitors each gets")
        if self.layer is not None and self.hash != "sha256":
            raise refused("a layer needs the hash sha256", "remove `hash`, or the layer", "E016")
        if self.sticky and self.key is not None and (len(self.key) > LONGEST_KEY or not self.key.isprintable()):
            raise refused("the key does not fit into the visitor's cookie", f"write at most {LONGEST_KEY} characters, without control characters")
        if self.min_version > self.version:
            raise refused("`min_version` lies above `version`", "lower it")
        return self


class Cap(Shape):
    """How often one visitor is shown a campaign."""

    times: Annotated[int, Field(ge=1, le=64)] = Field(examples=["times: 3"])
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


def _instant(moment: Moment | None, zone: str) -> int | None:
    if moment is None or not moment.local or zone in ("visitor", "UTC"):
        return None if moment is None else moment.at
    import zoneinfo

    wall = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=moment.at)
    return round(wall.replace(tzinfo=zoneinfo.ZoneInfo(zone)).timestamp())
