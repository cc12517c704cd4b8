"""Copy and markup → content parts: everything that does not depend on the visitor is escaped and joined here.

What differs between markets is compiled for each of them, and stands side by side in a part of its own; of a site without
markets there is but the one version.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence

from compiler import templates
from compiler.catalogue import image_url, missing_image
from compiler.conditions import Conditions, known
from compiler.copies import Patch, Path, copy_of, lineage, written
from compiler.diagnostics import Diagnostics
from compiler.markets import FACTS, Market, is_everywhere
from compiler.operations import CONTEXTS
from compiler.syntax import ContentEntry, Entry, Ruleset
from tessera.render import ESCAPES, candidates, escape_url, is_descriptor, is_set

Parts = tuple[Any, ...]
_OF_MARKETS = "market."  # of variables that stand for facts of the visitor's market


class Components:
    """The components of a site: their variants' fields, checked, and the compiling of one with a patch."""

    def __init__(self, ruleset: Ruleset, conditions: Conditions, diagnostics: Diagnostics) -> None:
        self.ruleset, self.conditions, self.diagnostics = ruleset, conditions, diagnostics
        self.markets: tuple[Market | None, ...] = (None, *conditions.markets)  # None: a visitor who is in none of them
        self.is_everywhere = is_everywhere(conditions.markets, ruleset)
        self.markup = {name: self._markup(entry) for name, entry in ruleset.contents.items()}
        self.contexts = _contexts(ruleset, self.markup)
        self._parsed: dict[tuple, tuple] = {}
        for entry in ruleset.contents.values():
            for variant in entry.spec.variants:  # also those that nothing shows yet
                self._check_variant(entry, variant)
                for market in self.markets:
                    self._values(entry, variant, market)

    def ranks(self, component: str) -> bool:
        """Whether the component has a block that repeats over items, or markup that was reported."""
        markup = self.markup[component]
        return markup is None or any(isinstance(part, templates.Each) for part in markup)

    def compile(self, component: str, variant: str | None, patch: Patch | None = None) -> Parts:
        """The content of a variant (None: of the bare markup, for ranked items), with an arm's fields in place of its own."""
        entry = self.ruleset.contents[component]
        values = [self._patched_values(entry, variant, patch, market) for market in self.markets]
        pieces = (self._piece(entry, part, values) for part in self.markup[component] or ())
        return self._read_by_the_edge(_joined(part for piece in pieces for part in piece))

    def value(self, component: str, variant: str, field: str, context: str, patch: Patch | None = None) -> Parts:
        """One field of a variant alone, escaped for a context; the other arguments as for `compile`."""
        entry = self.ruleset.contents[component]
        values = [self._patched_values(entry, variant, patch, market) for market in self.markets]
        return self._read_by_the_edge(_joined(self._by_market([_placed(own.get(field, ()), context, market) for own, market in zip(values, self.markets)])))

    def shows(self, component: str, field: str) -> bool:
        """Whether the markup puts a field somewhere, or was reported."""
        markup = self.markup[component]
        return markup is None or any(part.name == field for part in templates.variables(markup))

    def _patched_values(self, entry: ContentEntry, variant: str | None, patch: Patch | None, market: Market | None) -> dict[str, tuple]:
        """Field → its parts, in a market."""
        values = self._values(entry, variant, market) if variant else {}
        if patch is not None:
            for field in entry.spec.fields:
                found = written(patch.fields, patch.localised, field, market, (*patch.path, "set"), patch.path)
                if found is not None:
                    values[field] = self._read(entry, field, found[1], patch.entry, found[0])
        return values

    def _read_by_the_edge(self, parts: Parts) -> Parts:
        self.conditions.read |= set(_attributes(parts))
        return parts

    # --- variants

    def _markup(self, entry: ContentEntry) -> tuple | None:
        found = templates.compile_markup(entry.markup)
        if isinstance(found, list):
            self.diagnostics.problems(found, entry.markup_place)
            return None
        for part in templates.variables(found):
            self._check_variable(part, entry)
        return tuple(found)

    def _check_variable(self, part: templates.Slot, entry: ContentEntry) -> None:
        """A variable of the markup is a field of the component, a field of an item, or an attribute with a fallback."""
        place = entry.markup_place(part.offset + 2, len(part.name))
        namespace, _, field = part.name.partition(".")
        if not field:
            if part.name not in entry.spec.fields:
                self._unknown("E075", f"unknown field '{part.name}'", place, part.name, entry.spec.fields)
        elif namespace == "market":
            self._check_fact(part, place)
        elif namespace == "item":
            items = self.ruleset.items
            names = ["id", *items.fields] if items else []
            if field not in names:
                self._unknown("E031", f"unknown item field '{part.name}'", place, part.name, [f"item.{name}" for name in names])
        else:
            self._check_attribute(part, place)

    def _check_fact(self, part: templates.Slot, place: Any) -> bool:
        """A fact of the market: one that there is; with a fallback where a visitor may be in no market that has it."""
        name, markets = part.path[1], self.markets[1:]
        if name not in FACTS or not markets:
            self._unknown("E021", f"unknown attribute '{part.name}'", place, part.name, [f"{_OF_MARKETS}{fact}" for fact in FACTS if markets])
            return False
        if part.fallback is None and not (self.is_everywhere and all(market.fact(name) for market in markets)):
            fix = f'say what stands there elsewhere: {{{{{part.name} | "…"}}}}'
            self.diagnostics.error("E079", place, f"'{part.name}' has no fallback, and not every visitor is in a market that has one", fix)
            return False
        return True

    def _check_attribute(self, part: templates.Slot, place: Any) -> bool:
        if part.path[0] == "market":
            return self._check_fact(part, place)
        if part.name not in self.conditions.kinds:
            self._unknown("E021", f"unknown attribute '{part.name}'", place, part.name, self.conditions.kinds)
            return False
        if part.fallback is None:
            fix = f'say what stands there when it is not known: {{{{{part.name} | "…"}}}}'
            self.diagnostics.error("E079", place, f"'{part.name}' has no fallback, and it may be unknown", fix)
            return False
        return True

    def _unknown(self, code: str, message: str, place: Any, name: str, names: Iterable[str]) -> None:
        from compiler.diagnostics import did_you_mean

        candidates = sorted(names)
        fix = did_you_mean(name, candidates) or (f"known are {', '.join(candidates[:12])}" if candidates else "declare it first")
        self.diagnostics.error(code, place, message, fix)

    def _check_variant(self, entry: ContentEntry, name: str) -> None:
        """Each field is one of the component's, and each of those has a text; what is extended exists, and not in a circle."""
        declared = entry.spec.variants
        own = dict(declared[name])
        base = own.pop("extends", None)
        if base is not None and base in declared:
            line = lineage(entry, name)
            if declared[line[-1]].get("extends") == name:
                through = f" through {', '.join(repr(other) for other in line[1:])}" if len(line) > 1 else ""
                self.diagnostics.error("E077", entry.place("variants", name, "extends"), f"the variant '{name}' extends itself{through}", "take `extends` out")
        elif base is not None:
            known(self.diagnostics, "E045", "variant", base, declared, entry, "variants", name, "extends")
        for field in own:
            if field not in entry.spec.fields:
                self._unknown("E075", f"unknown field '{field}'", entry.place("variants", name, field, key=True), field, entry.spec.fields)
        if any(declared[other].get("extends", other) not in declared for other in lineage(entry, name)):
            return  # what it lacks cannot be told
        for field in entry.spec.fields:
            if not any(field in declared[other] for other in lineage(entry, name)):
                fix = f"add `{field}: …`, or let it extend a variant that has it"
                self.diagnostics.error("E076", entry.place("variants", name, key=True), f"the variant '{name}' lacks the field '{field}'", fix)

    # --- values

    def _values(self, entry: ContentEntry, variant: str, market: Market | None) -> dict[str, tuple]:
        """Field → its parts, in a market."""
        found = copy_of(entry, variant, market)
        return {field: self._read(entry, field, text, entry, path) for field, (path, text) in found.items()}

    def _read(self, entry: ContentEntry, field: str, text: str, where: Entry[Any], path: Path) -> tuple:
        """A field's text as parts: texts and variables. Read once, however many markets show it."""
        key = (entry.name, id(where), path)
        if key not in self._parsed:
            self._parsed[key] = self._parts_of(entry, field, text, where, path)
        return self._parsed[key]

    def _parts_of(self, entry: ContentEntry, field: str, text: str, where: Entry[Any], path: Path) -> tuple:
        kind = entry.spec.fields.get(field)
        found = templates.compile_text(text, kind or "text")
        if isinstance(found, list):
            self.diagnostics.problems(found, lambda offset, length: where.text_place(path, offset, length))
            return ()
        parts = [part for part in found if isinstance(part, str) or self._variable_in_copy(part, where, path)]
        if kind in ("image", "link") and is_set("".join(part if isinstance(part, str) else "x" for part in parts)):
            return self._set(entry, field, parts, where, path)
        if kind == "image":
            return self._image(parts, text, where, path)
        if kind == "link" and parts and isinstance(parts[0], str):
            self._linked(parts[0], text, where, path)
        return tuple(parts)

    def _linked(self, address: str, text: str, where: Entry[Any], path: tuple) -> None:
        if escape_url(address) == "#" != address:
            message = f"'{text}' is no address that a page may link to"
            self.diagnostics.error("E059", where.place(*path), message, "begin it with / or https:// (mailto: and tel: are fine too)")

    def _set(self, entry: ContentEntry, field: str, parts: list, where: Entry[Any], path: tuple) -> tuple:
        """A set of images for a srcset: each address is checked as one alone would be."""
        text = "".join(part if isinstance(part, str) else f"{{{{{part.name}}}}}" for part in parts)
        if len(parts) != 1:
            fix = "write the whole set without variables, or one address with them"
            self.diagnostics.error("E054", where.place(*path), f"'{text}' is a set of images with a variable in it", fix)
            return ()
        if self.contexts.get((entry.name, field), set()) - {"srcset"}:
            fix = "give one address here, or a field of its own for the srcset"
            self.diagnostics.error("E054", where.place(*path), f"'{text}' is a set of images, and '{field}' stands where one address must", fix)
        written = []
        for address, descriptor in candidates(text):
            if descriptor and not is_descriptor(descriptor):
                self.diagnostics.error("E054", where.place(*path), f"'{descriptor}' is no width or density of an image", "write it like 640w or 1.5x")
            elif entry.spec.fields[field] == "image":
                address = "".join(self._image([address], address, where, path))
            else:
                self._linked(address, address, where, path)
            written.append(f"{address} {descriptor}".rstrip())
        return (", ".join(written),)

    def _variable_in_copy(self, part: templates.Slot, where: Entry[Any], path: tuple) -> bool:
        return self._check_attribute(part, where.text_place(path, part.offset + 2, len(part.name)))

    def _image(self, parts: list, text: str, where: Entry[Any], path: tuple) -> tuple:
        if len(parts) != 1 or not isinstance(parts[0], str):
            return tuple(parts)
        if missing_image(self.ruleset, text):
            folder = f"{self.ruleset.site.spec.assets.dir}{self.ruleset.site.spec.assets.images}"
            self.diagnostics.error("E078", where.place(*path), f"the image '{text}' is not in {folder}", self._near_image(text))
        return (image_url(self.ruleset, parts[0]),)

    def _near_image(self, text: str) -> str:
        from compiler.diagnostics import did_you_mean

        assets = self.ruleset.site.spec.assets
        folder = self.ruleset.folder / assets.dir / assets.images.strip("/")
        return did_you_mean(text, (path.name for path in folder.glob("*"))) or "add the file, or correct the name"

    # --- parts

    def _piece(self, entry: ContentEntry, part: Any, values: Sequence[Mapping[str, tuple]]) -> Iterable[Any]:
        """A part of the markup: one version for all markets, or as they have it. A block of items differs as a whole, so that
        what depends on the item alone is still made once for each."""
        return self._by_market([tuple(self._parts(entry, (part,), own, market)) for own, market in zip(values, self.markets)])

    def _by_market(self, versions: Sequence[Iterable[Any]]) -> Iterable[Any]:
        """The versions of what stands at one place, in the order of `markets`."""
        otherwise, *own = map(_joined, versions)
        groups: dict[Parts, list[str]] = {}
        for market, version in zip(self.markets[1:], own):
            groups.setdefault(version, []).append(market.name)
        if self.is_everywhere:
            otherwise = own[-1]  # of the market without a condition, which is the last
        others = [(tuple(names), parts) for parts, names in groups.items() if parts != otherwise]
        return (("market", tuple(others), otherwise),) if others else otherwise

    def _parts(self, entry: ContentEntry, markup: Iterable[Any], values: Mapping[str, tuple], market: Market | None) -> Iterable[Any]:
        for part in markup:
            if isinstance(part, str):
                yield part
            elif isinstance(part, templates.Each):
                yield ("each", _joined(self._parts(entry, part.parts, values, market)))
            elif part.name in entry.spec.fields:
                yield from _placed(values.get(part.name, ()), part.context, market)
            elif part.path[0] == "item":
                yield ("item", market.columns.get(part.path[1], part.path[1]) if market else part.path[1], part.context)
            else:
                yield _variable(part, part.context, market)


def _contexts(ruleset: Ruleset, markup: Mapping[str, Iterable[Any] | None]) -> dict[tuple[str, str], set[str]]:
    """(component, field) → the contexts in which its markup and the slots put it."""
    found: dict[tuple[str, str], set[str]] = {}
    for name, parts in markup.items():
        for part in templates.variables(parts or ()):
            found.setdefault((name, part.name), set()).add(part.context)
    for slot in ruleset.slots.values():
        place = slot.spec.place
        if place is not None and place.field is not None:
            found.setdefault((slot.spec.component, place.field), set()).add(CONTEXTS[place.do or "text"])
        if place is not None and place.preload is not None:
            found.setdefault((slot.spec.component, place.preload), set()).add("url")
    return found


def _attributes(parts: Iterable[Any]) -> Iterable[str]:
    """The attributes that content reads."""
    for part in parts:
        if isinstance(part, tuple) and part[0] == "var":
            yield part[1]
        elif isinstance(part, tuple) and part[0] == "each":
            yield from _attributes(part[1])
        elif isinstance(part, tuple) and part[0] == "market":
            for _, parts in part[1]:
                yield from _attributes(parts)
            yield from _attributes(part[2])


def _placed(value: tuple, context: str, market: Market | None) -> Iterable[Any]:
    """A field's parts in their place in the markup: in an address, only what begins it decides where it leads."""
    if context == "srcset" and len(value) > 1:
        context = "url"  # no set has variables in it: this is one address
    for position, part in enumerate(value):
        inner = "urlpart" if context == "url" and position else context
        if isinstance(part, str):
            yield ESCAPES["text" if inner == "urlpart" or (inner == "class" and len(value) > 1) else inner](part)
        else:
            yield _variable(part, inner, market)


def _variable(part: templates.Slot, context: str, market: Market | None) -> Any:
    """A variable in its place; a fact of the market is a text."""
    if part.path[0] != "market":
        return ("var", part.name, context, part.fallback or "")
    return ESCAPES[context]((market.fact(part.path[1]) if market else None) or part.fallback or "")


def _joined(parts: Iterable[Any]) -> Parts:
    out: list[Any] = []
    for part in parts:
        if isinstance(part, str) and out and isinstance(out[-1], str):
            out[-1] += part
        elif part != "":
            out.append(part)
    return tuple(out)
