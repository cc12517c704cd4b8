"""What a decided page gets at the end of its head."""

import json

import html5lib
import pytest

from tests.edge.sites import ALL, ALWAYS, AT, both, bundle, experiment, ir, is_, program, rule, show, slot
from tessera.decide import decide
from tessera.head import additions
from tessera.types import Visit
from tessera.visit import contents

FIXED = (ir.Variant("a", (("<b>a</b>",),), (("/img/a.svg",),)), ir.Variant("b", (("<i>b</i>",),), (("/img/b.svg?x=1&amp;y=2",),)))
VARIED = (ir.Variant("a", ((("var", "visitor.plan", "text", "?"),),), ((("var", "visitor.plan", "url", ""),),)),)


def site(*slots, **more):
    return bundle(program(*slots, **more))


def added(found, visit=Visit(at=AT), page="home"):
    decisions = decide(found, visit, page)
    return additions(found, page, visit, decisions, contents(found, visit, decisions))


def links(markup):
    return [link.attrib for link in html5lib.parseFragment(markup, namespaceHTMLElements=False) if link.tag == "link"]


def told(markup):
    scripts = [one for one in html5lib.parseFragment(markup, namespaceHTMLElements=False) if one.tag == "script"]
    assert [one.attrib for one in scripts] == [{"type": "application/json", "id": "tessera"}]
    return json.loads(scripts[0].text)


def test_a_page_without_either_gets_nothing():
    found = site(slot("hero"))
    assert (added(found), found.headed) == ("", frozenset())


def preload(address):
    return {"rel": "preload", "as": "image", "href": address}


@pytest.mark.parametrize("shown, expected", [("a", [preload("/img/a.svg")]), ("b", [preload("/img/b.svg?x=1&y=2")]), (None, [])])
def test_the_image_of_the_variant_that_is_shown_is_preloaded(shown, expected):
    found = site(slot("hero", default=shown, variants=FIXED))
    assert "home" in found.headed and links(added(found)) == expected


def test_an_image_of_two_slots_is_preloaded_once():
    found = site(slot("hero", default="a", variants=FIXED), slot("shelf", default="a", variants=FIXED))
    assert links(added(found)) == [preload("/img/a.svg")]


@pytest.mark.parametrize("plan, expected", [
    ("/x.png", [preload("/x.png")]), ('"><script>alert(1)</script>', [preload("%22%3E%3Cscript%3Ealert(1)%3C/script%3E")]), ("javascript:alert(1)", []), (None, []), ("", []),
])  # fmt: skip
def test_an_address_with_a_variable_is_escaped_and_a_refused_one_left_out(plan, expected):
    found = site(slot("hero", default="a", variants=VARIED))
    assert links(added(found, Visit(values={"visitor.plan": plan} if plan is not None else {}, at=AT))) == expected


def test_an_arms_patch_brings_its_own_image():
    patched = (ir.Variant("a", (("<b>a</b>",), ("<b>a</b>",), ("<b>c</b>",)), (("/a.svg",), ("/a.svg",), ("/c.svg",))),)
    test = ir.Action(experiment="one", arms=(None, None))
    found = site(slot("hero", default="a", variants=patched, test=test), experiments=(experiment("one"),))
    for arm, image in (("control", "/a.svg"), ("change", "/c.svg")):
        visit = Visit(units={"visitor": "v"}, purposes=ALL, at=AT, forced={"one": arm})
        assert links(added(found, visit)) == [preload(image)]


def test_the_island_tells_what_was_decided_and_nothing_of_the_visitor():
    variants = (ir.Variant("a", (('<p>&lt;</script><script nonce="\x02">x</script>',),)), ir.Variant("b", (("<i>b</i>",),)))
    when = both(is_("visitor.plan", "gold"), ALWAYS)
    slots = (
        slot("hero", (rule("rich", when, "a"),), default="b", variants=variants),
        slot("title", default="a", operation="text", variants=(ir.Variant("a", (("Beans &amp; &#34;milk&#34;",),)),)),
        slot("ad", default="removed", operation="remove", component="", variants=(ir.Variant("removed", ((),)),)),
        slot("note", default=None),
        slot("away", default="new", operation="redirect", selector="", component="", values=("/new",), variants=(ir.Variant("new", ()),)),
        slot("tested", (rule("all", ALWAYS, ir.Action(experiment="one", arms=(show("a"), show("b")))),)),
    )
    found = site(*slots, experiments=(experiment("one"),), island=("home",))
    visit = Visit(units={"visitor": "visitor-7"}, values={"visitor.plan": "gold"}, purposes=ALL, at=AT, forced={"one": "change"})
    markup = added(found, visit)
    nothing = {"experiment": None, "arm": None}

    def place(name, operation="replace"):
        return {"selector": f"#{name}", "operation": operation}

    assert told(markup) == {
        "page": "home",
        "bundle": found.name[:12],
        "slots": {
            "hero": {**place("hero"), "variant": "a", "level": "segment", **nothing, "content": "<p>&lt;</script><script>x</script>"},
            "title": {**place("title", "text"), "variant": "a", "level": "default", **nothing, "content": 'Beans & "milk"'},
            "ad": {**place("ad", "remove"), "variant": "removed", "level": "default", **nothing, "content": ""},
            "note": {**place("note"), "variant": "none", "level": "default", **nothing, "content": None},
            "tested": {**place("tested"), "variant": "b", "level": "segment", "experiment": "one", "arm": "change", "content": "<i>b</i>"},
        },
    }
    assert "visitor-7" not in markup and "gold" not in markup and "\x02" not in markup


def test_the_island_tells_the_id_of_the_page_view_unless_nothing_is_counted():
    found = site(slot("hero"), island=("home",))
    for preview, view in ((False, "view-1"), (True, None)):
        visit = Visit(at=AT, preview=preview)
        decisions = decide(found, visit, "home")
        assert told(additions(found, "home", visit, decisions, contents(found, visit, decisions), "view-1")).get("view") == view


def test_only_the_pages_of_the_island_get_it():
    found = site(slot("hero", pages=("home", "cart")), island=("cart",))
    assert added(found, page="home") == "" and told(added(found, page="cart"))["page"] == "cart"
    assert found.headed == {"cart"}
