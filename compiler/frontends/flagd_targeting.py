"""The targeting of a flag in flagd as rules and experiments.

A chain of `if` is a rule for each outcome, `fractional` an experiment where its parts are fixed, and anything else a rule
for each variant that the expression can name. What names no variant of the flag is an error in flagd, so that callers get
their own default; the variant NO_SUCH_VARIANT, whose value is null, stands for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from compiler.frontends import jsonlogic
from compiler.frontends.jsonlogic import HALF_A_PAIR, SURROGATE, Data, Inexpressible, Term, is_constant, is_logic, literal, negation, parts
from compiler.frontends.site import Arm, Experiment, Names, Rule, Segment
from compiler.frontends.terms import ALWAYS, LONGEST, NEVER, Attributes, all_of, bare
from tessera.dialects import flagd

NO_SUCH_VARIANT = "no_such_variant"
MOST_WEIGHT = 1_000_000  # of an arm that is written by its weight
MOST_ARMS = 100
TARGETING_KEY = "targetingKey"

_OWN = {"starts_with": 2, "ends_with": 2, "sem_ver": 3}
_BOOLS = frozenset({"true", "false"})
_TRUTHS = frozenset({"==", "===", "!=", "!==", "<", "<=", ">", ">=", "!", "!!", "in", "all", "some", "none"})


class Shared:
    """What the flags of a file have in common.

    Args:
        evaluators: name → rule.
        fractional: the name of the function that the file's version of `fractional` is.
    """

    def __init__(self, evaluators: dict[str, Any], fractional: str) -> None:
        self.evaluators, self.fractional = evaluators, fractional
        self.attributes, self.tests, self.conditions = Attributes(), Names(), Names()
        self.segments: dict[str, Segment] = {}


class _Branch(NamedTuple):
    """An outcome of targeting: the terms that must hold (after those of the branches before failed), and the rule that is left."""

    terms: tuple[str, ...]
    rule: Any

    @property
    def condition(self) -> str:
        return all_of(self.terms)


class Targeting(jsonlogic.Translator):
    """The targeting of one flag."""

    def __init__(self, shared: Shared, key: str, variants: dict[str, str]) -> None:
        self.shared, self.key, self.variants = shared, key, variants
        self.data = Data(None, self._named)
        self.experiments: list[Experiment] = []
        self._rules: list[Rule] = []

    def rules(self, targeting: dict[str, Any]) -> list[Rule]:
        """The rules in order.

        Raises:
            Inexpressible
        """
        self._check_references(targeting, (), set())
        passed: list[tuple[str, ...]] = []  # terms of branches that may leave the flag to its default, although later ones would hold
        for terms, rule in self._branches(targeting, ()):
            branch = _Branch((*(negation(all_of(each)) for each in passed), *terms), rule)
            if branch.condition != NEVER and not self._decide(branch):
                passed = [*(each for each in passed if not set(terms) <= set(each)), terms]
            if branch.condition == ALWAYS:
                break
        return self._rules

    def _branches(self, rule: Any, terms: tuple[str, ...]) -> Iterable[_Branch]:
        """The outcomes of a chain of `if`, in order."""
        rule = self._resolved(rule)
        name, args = parts(rule) if is_logic(rule) else ("", [])
        if name not in ("if", "?:") or len(args) < 2:
            yield _Branch(terms, rule)
            return
        for asked, shown in zip(args[::2], args[1::2]):
            yield from self._branches(shown, (*terms, self.condition(asked, self.data)))
        yield from self._branches(args[-1] if len(args) % 2 else None, terms)

    def _resolved(self, rule: Any) -> Any:
        """A rule, or the evaluator that it refers to."""
        while is_logic(rule) and "$ref" in rule:
            rule = self.shared.evaluators[rule["$ref"]]
        return rule

    def _check_references(self, rule: Any, within: tuple[str, ...], checked: set[str]) -> None:
        if is_logic(rule) and "$ref" in rule:
            name = rule["$ref"]
            if not isinstance(name, str) or name not in self.shared.evaluators:
                raise Inexpressible(f"a reference to the evaluator `{name}`, which is not there")
            if name in within:
                raise Inexpressible(f"a reference to the evaluator `{name}`, which refers to itself")
            if name not in checked:
                self._check_references(self.shared.evaluators[name], (*within, name), checked)
                checked.add(name)
        elif isinstance(rule, (dict, list)):
            for part in rule.values() if isinstance(rule, dict) else rule:
                self._check_references(part, within, checked)

    # --- outcomes ---

    def _decide(self, branch: _Branch) -> bool:
        """Add the rules of a branch; whether one of them is sure to decide where its terms hold."""
        rule = branch.rule
        if is_constant(rule):
            return self._show(branch.condition, flagd.variant(_frozen(rule)))
        if self.shared.fractional == "fractional" and is_logic(rule) and "fractional" in rule:
            split = _Split.of(parts(rule)[1])
            told = self._split(branch, split) if split is not None else None
            if told is not None:
                return told
        return self._each(branch, rule)

    def _show(self, condition: str, variant: str | None, comment: str = "") -> bool:
        if variant is None:
            return False
        shown = self.variants.get(variant, NO_SUCH_VARIANT)
        self._rule(shown, condition, show=shown, comment=comment)
        return True

    def _each(self, branch: _Branch, rule: Any) -> bool:
        """A rule for each variant that an expression can name."""
        outcomes = self._outcomes(rule)
        text = self.value(rule, self.data).text
        for variant, shown in self.variants.items():
            if outcomes is None or variant in outcomes:
                self._rule(shown, all_of([*branch.terms, f"flagd.variant({text}) == {literal(variant)}"]), show=shown)
        if outcomes is None or outcomes - {None} - self.variants.keys():
            known = literal(list(self.variants))
            self._rule(NO_SUCH_VARIANT, all_of([*branch.terms, f"!(flagd.variant({text}) in {known})"]), show=NO_SUCH_VARIANT)
        return outcomes is not None and None not in outcomes

    def _outcomes(self, rule: Any) -> frozenset[str | None] | None:
        """What a rule can come to, as names of variants (None: null); None where it could be anything."""
        rule = self._resolved(rule)
        if is_constant(rule):
            return frozenset({flagd.variant(_frozen(rule))})
        if isinstance(rule, list):
            return None
        name, args = parts(rule)
        if name in _TRUTHS:
            return frozenset(_BOOLS)
        if name in _OWN:
            return frozenset({*_BOOLS, None})
        if name in ("and", "or"):
            return self._union(args)
        if name in ("if", "?:"):
            return self._union(args[1::2] + (args[-1:] if len(args) % 2 else [None]))
        if name == "fractional":
            hashed = args[0] if args else None
            if is_logic(hashed) and parts(hashed)[0] not in ("var", "cat"):
                return None  # it can come to a list, which would be a bucket
            buckets = args if isinstance(hashed, list) else args[1:]
            return self._union([*(bucket[0] if isinstance(bucket, list) and bucket else None for bucket in buckets), None])
        return None

    def _union(self, rules: list[Any]) -> frozenset[str | None] | None:
        found = [self._outcomes(rule) for rule in rules]
        return None if None in found else frozenset().union(*(outcomes for outcomes in found if outcomes is not None))

    def _rule(self, name: str, when: str, *, show: str | None = None, test: str | None = None, comment: str = "") -> None:
        if len(when) > LONGEST:
            raise Inexpressible(f"a condition of more than {LONGEST:,} characters")
        self._rules.append(Rule(_numbered(name, {rule.name for rule in self._rules}), bare(when), show=show, test=test, comment=comment))

    # --- fractional ---

    def _split(self, branch: _Branch, split: _Split) -> bool | None:
        """An experiment for buckets that are fixed; None where what is hashed is no attribute with a fixed text before it.

        An attribute alone must be a text, and the targeting key takes its place where it is null. After a text it can be a
        number or a bool too; where it is null, the text alone decides, for everyone the same. What no experiment randomises
        gets the default, unlike in flagd: an empty text as an attribute alone, a list or an object after a text.
        """
        by_key = self.variable(TARGETING_KEY, self.data)
        by_key_asked = f"flagd.is_text({by_key})"
        if split.hashed is None:
            self._test(all_of([*branch.terms, by_key_asked]), split, by_key, self.key)
            return False
        salt, path = self._salted(split.hashed)
        if path is None or "." in path or "\0" in salt:
            return None
        unit = self.variable(path, self.data)
        if "var" in split.hashed:
            self._test(all_of([*branch.terms, f"flagd.is_text({unit})"]), split, unit, "")
            if unit != by_key:
                self._test(all_of([*branch.terms, f"{unit} == null", by_key_asked]), split, by_key, self.key, f"Without {path} the targeting key is hashed.")
            return False
        self._test(branch.condition, split, unit, salt)
        alone = flagd.fractional(None, None, (salt, *_frozen(split.buckets)))
        self._show(all_of([*branch.terms, f'jsonlogic.cat({unit}) == ""']), flagd.variant(alone), f"Without {path} the text before it is hashed alone.")
        return False

    def _test(self, when: str, split: _Split, unit: str, salt: str, comment: str = "") -> None:
        name = self.key if not self.experiments else f"{self.key} ({len(self.experiments) + 1})"
        by_range = split.holes or split.total > MOST_WEIGHT
        arms: list[Arm] = []
        for variant, start, end in split.stretches():
            if variant is None or (by_range and start == end):
                continue
            shown = self.variants.get(variant, NO_SUCH_VARIANT)
            arm = _numbered(shown, {arm.name for arm in arms})
            arms.append(Arm(arm, shown, ranges=((start, end),)) if by_range else Arm(arm, shown, weight=end - start))
        if not arms:
            return
        test = self.shared.tests.of(name)
        self.experiments.append(Experiment(test, name, unit, "flagd", salt, tuple(arms), buckets=split.total))
        self._rule("split", when, test=test, comment=comment)

    def _salted(self, hashed: Any) -> tuple[str, str | None]:
        """The text that is hashed before an attribute, and that attribute's path; None where it is not of that form."""
        name, args = parts(hashed) if is_logic(hashed) else ("", [])
        texts = args[:-1] if name == "cat" else []
        last = args[-1] if name == "cat" and args else hashed
        salt = ""
        for part in texts:
            own = _path(part)
            if own == "$flagd.flagKey":
                salt += self.key
            elif isinstance(part, str):
                salt += part
            else:
                return "", None
        path = _path(last)
        return salt, None if path is None or path.startswith("$flagd") or not path else path

    # --- operators of flagd ---

    def operator(self, name: str, args: list[Any], data: Data) -> Term:
        if name in _OWN:
            return Term(f"flagd.{name}({', '.join(self.value(arg, data).text for arg in args[: _OWN[name] + 1])})")
        if name == "fractional":
            unit = self.variable(TARGETING_KEY, data)
            return Term(f"flagd.{self.shared.fractional}({literal(self.key)}, {unit}, {self.value(args, data).text})")
        if name == "$ref":
            term = self.value(self.shared.evaluators[args[0]], data)
            return Term(_short(term.text), term.is_bool)
        return super().operator(name, args, data)

    def test(self, name: str, args: list[Any], data: Data) -> str | None:
        if name != "$ref":
            return None
        evaluator = args[0]
        when = self.condition(self.shared.evaluators[evaluator], data)
        if data is not self.data or _is_of_a_flag(self.shared.evaluators, evaluator):
            return _short(when)
        if evaluator not in self.shared.segments:
            self.shared.segments[evaluator] = Segment(self.shared.conditions.of(evaluator), evaluator, bare(_short(when)))
        return f"segment.{self.shared.segments[evaluator].name}"

    # --- the context ---

    def variable(self, path: str, data: Data) -> str:
        own = {"$flagd.flagKey": literal(self.key), "$flagd.timestamp": "int(request.at)"}
        return own[path] if data is self.data and path in own else super().variable(path, data)

    def _named(self, name: str) -> str:
        if name == "$flagd":
            return f'{{"flagKey": {literal(self.key)}, "timestamp": int(request.at)}}'
        if SURROGATE.search(name):
            raise Inexpressible(HALF_A_PAIR)
        return self.shared.attributes.of(name)


class _Split(NamedTuple):
    """A `fractional` whose buckets are fixed: what is hashed (None: the targeting key), and what each bucket returns by its weight."""

    hashed: Any
    buckets: list[list[Any]]
    weights: list[int]

    @classmethod
    def of(cls, args: list[Any]) -> _Split | None:
        """None where the buckets are computed, or not as they should be."""
        shorthand = not args or isinstance(args[0], list)
        buckets = args if shorthand else args[1:]
        if not shorthand and is_constant(args[0]) or not buckets or not is_constant(buckets):
            return None
        weights = [flagd.weight(_frozen(bucket)) for bucket in buckets]
        if None in weights or len(buckets) > MOST_ARMS or not 0 < sum(filter(None, weights)) <= flagd.MOST_WEIGHT:
            return None
        return cls(None if shorthand else args[0], buckets, [weight or 0 for weight in weights])

    @property
    def total(self) -> int:
        return sum(self.weights)

    @property
    def holes(self) -> bool:
        """Whether a bucket leaves the flag to its default."""
        return any(bucket[0] is None and weight for bucket, weight in zip(self.buckets, self.weights))

    def stretches(self) -> Iterable[tuple[str | None, int, int]]:
        """What each bucket names, and from where to where it reaches."""
        start = 0
        for bucket, weight in zip(self.buckets, self.weights):
            yield flagd.variant(bucket[0]), start, start + weight
            start += weight


def _short(text: str) -> str:
    if len(text) > LONGEST:
        raise Inexpressible(f"an evaluator of more than {LONGEST:,} characters")
    return text


def _numbered(name: str, taken: set[str]) -> str:
    """The name, with a number where it is taken."""
    number, numbered = 1, name
    while numbered in taken:
        number += 1
        numbered = f"{name}_{number}"
    return numbered


def _path(rule: Any) -> str | None:
    """The path of a `var` that is fixed and has no default; None for anything else."""
    name, args = parts(rule) if is_logic(rule) else ("", [])
    return args[0] if name == "var" and len(args) == 1 and isinstance(args[0], str) else None


def _is_of_a_flag(evaluators: dict[str, Any], name: Any) -> bool:
    """Whether an evaluator, or one that it refers to, depends on the flag: reads `$flagd`, or hashes with the flag's key."""
    seen, waiting = set(), [evaluators.get(name)]
    while waiting:
        found = waiting.pop()
        if isinstance(found, str) and found.startswith("$flagd") or isinstance(found, dict) and "fractional" in found:
            return True
        if isinstance(found, dict):
            waiting += found.values()
            if is_logic(found) and isinstance(found.get("$ref"), str) and found["$ref"] not in seen:
                seen.add(found["$ref"])
                waiting.append(evaluators.get(found["$ref"]))
        elif isinstance(found, list):
            waiting += found
    return False


def _frozen(value: Any) -> Any:
    """Lists as tuples, as the edge has them."""
    if isinstance(value, dict):
        return {key: _frozen(held) for key, held in value.items()}
    return tuple(map(_frozen, value)) if isinstance(value, (list, tuple)) else value
