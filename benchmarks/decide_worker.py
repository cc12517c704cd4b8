"""The Python side of the decision benchmark, inside workerd: one string in, one string out, by the product's own modules.

In: the visitor's id and attributes, in the order of the workload, joined by tabs. Out: a record a slot, joined by
newlines: slot, variant, rule, reason, experiment, arm, joined by tabs. The host imports this file as `entry` and takes `Default` from it.
"""

from tessera.bundle import load, unseal
from tessera.decide import decide
from tessera.match import match
from tessera.types import Visit

AT = 1_790_000_000.0  # epoch seconds of every visit
NOTHING = frozenset()  # the purposes in force: the rules need none


class Worker:
    """What the worker has loaded."""

    bundle = None
    lines = {}
    texts = ()


def loaded(data, times):
    """Bytes → Bundle, so many times; the last one stays."""
    data = bytes(data)
    for _ in range(times):
        Worker.bundle = load(unseal(data))
        Worker.lines = {}


def visit_of(text):
    """A visitor from the texts that all engines start with, as one literal: the shape that is made fastest."""
    (
        id, country, language, device, browser, os, channel, campaign, city, plan, industry, lifecycle, category,
        visits, orders, cart_value, days_away, page_views, age, logged_in, subscriber,
    ) = text.split("\t")  # fmt: skip
    values = {
        "visitor.country": country, "visitor.language": language, "visitor.device": device, "visitor.browser": browser,
        "visitor.os": os, "visitor.channel": channel, "visitor.campaign": campaign, "visitor.city": city,
        "visitor.plan": plan, "visitor.industry": industry, "visitor.lifecycle": lifecycle, "visitor.category": category,
        "visitor.visits": int(visits), "visitor.orders": int(orders), "visitor.cart_value": int(cart_value),
        "visitor.days_away": int(days_away), "visitor.page_views": int(page_views), "visitor.age": int(age),
        "visitor.logged_in": logged_in == "1", "visitor.subscriber": subscriber == "1",
    }  # fmt: skip
    return Visit({"visitor": id}, values, NOTHING, "", AT)


def line(decision):
    """A decision in names."""
    bundle, slot = Worker.bundle, Worker.bundle.slots[decision.slot]
    experiment = bundle.experiments[decision.experiment] if decision.experiment >= 0 else None
    return "\t".join(
        (
            slot.name,
            slot.variants[decision.variant][0] if decision.variant >= 0 else "",
            bundle.rules[decision.rule].name if decision.rule >= 0 else "",
            decision.why,
            experiment.name if experiment else "",
            experiment.design.arms[decision.arm] if experiment else "",
        )
    )


def told(decisions):
    """Decisions as text; there are few different ones, and each is put into words once."""
    lines = Worker.lines
    try:
        return "\n".join([lines[decision] for decision in decisions])
    except KeyError:
        lines.update((decision, line(decision)) for decision in decisions)
        return told(decisions)


def decided(text):
    """The function that is measured."""
    return told(decide(Worker.bundle, visit_of(text)))


def echoed(text):
    """A crossing and nothing else: an answer of the usual length."""
    return _USUAL


_USUAL = "\n".join(f"pricing\tpricing_{i}\trule_{i}00\trule\t\t" for i in range(10))


def visitors(text):
    """Keep the visitors' texts, one a line, for the parts that are timed without a crossing."""
    Worker.texts = text.split("\n")


def part(name, count):
    """Do a part of the work so often, within Python."""
    texts, bundle = Worker.texts, Worker.bundle
    visits = [visit_of(text) for text in texts]
    if name == "parse":
        return _each(visit_of, texts, count)
    if name == "match":
        index = bundle.index
        return _each(lambda visit: match(index, visit.values), visits, count)
    if name == "decide":
        return _each(lambda visit: decide(bundle, visit), visits, count)
    if name == "text":
        return _each(told, [decide(bundle, visit) for visit in visits], count)
    if name == "inside":
        return _each(decided, texts, count)
    return 0


def _each(function, inputs, count):
    rounds, rest = divmod(count, len(inputs))
    for _ in range(rounds):
        for one in inputs:
            function(one)
    for one in inputs[:rest]:
        function(one)
    return count


class Default:
    """What the host's adapter imports; the worker calls the functions by themselves."""

    loaded, visitors, decided, echoed, part = (staticmethod(f) for f in (loaded, visitors, decided, echoed, part))
