"""The places of slots, checked: pages, selectors, what is done there, and with which fields; where redirects lead."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from compiler import ir, places, selectors
from compiler.conditions import known
from compiler.contents import Components
from compiler.diagnostics import Diagnostics
from compiler.operations import FIELDS, may_vary
from compiler.syntax import Entry, Ruleset
from compiler.values import spoken


class Placing:
    """The checks; everything that is wrong goes to the diagnostics."""

    def __init__(self, ruleset: Ruleset, components: Components, diagnostics: Diagnostics) -> None:
        self.ruleset, self.components, self.diagnostics = ruleset, components, diagnostics
        self.readable: set[str] = set()  # the slots whose selectors can be read

    def placed(self, entry: Entry[Any]) -> bool:
        """Whether the slot's component and its fields are there; its pages and its selector are checked too."""
        spec, place = entry.spec, entry.spec.place
        if place.channel != "web":
            return known(self.diagnostics, "E035", "component", spec.component, self.ruleset.contents, entry, "component") and (
                place.field is None or self._field(entry, "field", ("text",))
            )
        self._pages(entry)
        wrong = selectors.problem(place.selector)
        if wrong:
            self.diagnostics.error("E042", entry.place("place", "selector"), *wrong)
        else:
            self.readable.add(entry.name)
            if misplaced := places.wrong(place.selector, place.do):
                self.diagnostics.error("E052", entry.place("place", "do"), *misplaced)
        if place.do == "remove":
            return True
        if not known(self.diagnostics, "E035", "component", spec.component, self.ruleset.contents, entry, "component"):
            return False
        fields = [self._field(entry, key, kinds) for key, kinds in (("field", FIELDS.get(place.do, ())), ("preload", ("image",))) if getattr(place, key)]
        return all(fields)

    def _field(self, entry: Entry[Any], key: str, kinds: tuple[str, ...]) -> bool:
        """Whether `field` or `preload` names a field of the component that can be used so."""
        place, name = entry.spec.place, getattr(entry.spec.place, key)
        fields = self.ruleset.contents[entry.spec.component].spec.fields
        if not known(self.diagnostics, "E075", "field", name, fields, entry, "place", key):
            return False
        if fields[name] not in kinds:
            what = ("a message is" if place.do is None else f"`do: {place.do}` takes") if key == "field" else "what is preloaded is"
            others = [other for other, kind in fields.items() if kind in kinds]
            fix = f"name {' or '.join(others)}" if others else f"give the component a field of the kind {kinds[0]}"
            self.diagnostics.error("E051", entry.place("place", key), f"'{name}' is of the kind {fields[name]}, and {what} {' or '.join(kinds)}", fix)
            return False
        if key == "preload" and place.field is None and not self.components.shows(entry.spec.component, name):
            message = f"the markup of '{entry.spec.component}' does not show '{name}', which is to be preloaded"
            self.diagnostics.error("E051", entry.place("place", key), message, f"show it (<img src=\"{{{{{name}}}}}\">), or remove `preload`")
        return True

    def addresses(self, entry: Entry[Any], variants: tuple[ir.Variant, ...]) -> None:
        """What is known of a visitor may not decide what an <iframe> or a <script> loads."""
        place = entry.spec.place
        shown = [parts for variant in variants for parts in variant.contents if any(not isinstance(part, str) for part in parts)]
        for element in places.elements(place.selector) if place.do in FIELDS and entry.name in self.readable else ():
            if not all(may_vary(place.do, element, isinstance(parts[0], str) and bool(_FIXED.match(parts[0]))) for parts in shown):
                doubt = "" if element else ", and the selector does not rule out an <iframe> or a <script>"
                message = f"a variable would decide what {f'<{element}>' if element else 'this element'} loads{doubt}"
                self.diagnostics.error("E052", entry.place("place", "selector"), message, "name an element that only shows it, such as img#hero or a.card, or write the address out")
                return

    def apart(self, entries: list[Entry[Any]]) -> None:
        """Slots of one page must not be in each other's way."""
        for entry, other, why in places.overlapping((entry, entry.spec.place) for entry in entries if entry.name in self.readable):
            self.diagnostics.error("E053", entry.place("place", "selector"), f"'{entry.name}' {why.format(other.name)}", "give them elements or pages of their own, or put their rules into one slot")

    def redirected(self, entry: Entry[Any]) -> tuple[str, ...]:
        """The pages of a redirect; where it leads is checked: to this site's own hosts alone."""
        self._pages(entry)
        hosts = self.ruleset.site.spec.hosts
        for name, target in entry.spec.values.items():
            if not isinstance(target, str) or not _own(target, hosts):
                message = f"{spoken(target)} is not an address of this site"
                fix = f"write a path that begins with one slash, percent-encoded and without dots for folders, or https:// and one of its hosts: {', '.join(hosts)}"
                self.diagnostics.error("E059", entry.place("values", name), message, fix)
        return entry.spec.place.page

    def _pages(self, entry: Entry[Any]) -> None:
        for position, page in enumerate(entry.spec.place.page):
            known(self.diagnostics, "E034", "page", page, self.ruleset.site.spec.pages, entry, "place", "page", position)


def _own(target: str, hosts: tuple[str, ...]) -> bool:
    """Whether an address is a path, or on one of these hosts.

    It must stand as a browser would write it, so that it is neither read as another host nor changed on the way.
    """
    if not _WRITTEN.fullmatch(target):
        return False
    found = urlsplit(target)
    if any(_DOTS.fullmatch(part) for part in found.path.split("/")):
        return False
    return (found.scheme == "https" and _hosted(found.netloc, hosts)) if found.scheme else target.startswith("/") and not target.startswith("//")


def _hosted(name: str, hosts: tuple[str, ...]) -> bool:
    """Whether a host is one of these; `*.` stands for any labels in front."""
    return bool(_HOST.fullmatch(name)) and any(name == host or (host.startswith("*.") and name.endswith(host[1:])) for host in hosts)


_FIXED = re.compile(r"https://[^/\s]+/|/(?!/)")  # an address whose host is written out
_WRITTEN = re.compile(r"(/|https://)[A-Za-z0-9._~:/?#@!$&()*+,;=%-]*", re.ASCII)
_HOST = re.compile(r"[a-z0-9][a-z0-9.-]*(:\d{1,5})?", re.ASCII)
_DOTS = re.compile(r"(\.|%2e){1,2}", re.ASCII | re.IGNORECASE)
