"""Copy and markup: what does not depend on the visitor is escaped and joined; the rest keeps its context."""

import pytest

from compiler import ir
from compiler.diagnostics import Rejected
from tests.golden.cases import compiled, messages

HERO = "content/hero.yaml"


def content(result, slot: str, variant: str) -> tuple:
    """The parts of a variant, without a patch first."""
    (found,) = [s for s in result.program.slots if s.name == slot]
    return next(v for v in found.variants if v.name == variant).contents


def test_a_variant_without_variables_is_one_text(tmp_path):
    parts, *_ = content(compiled(tmp_path), "hero", "everyone")
    assert parts == ('<h1>Good coffee</h1>\n<a href="/shop"><img src="/img/beans.svg" alt=""></a>\n',)


def test_an_extended_variant_takes_over_what_it_does_not_say(tmp_path):
    parts, *_ = content(compiled(tmp_path), "hero", "welcome")
    assert parts == ("<h1>Welcome to ", ("var", "request.city", "text", "our shop"), '</h1>\n<a href="/shop"><img src="/img/beans.svg" alt=""></a>\n')


def test_each_arm_of_the_slots_test_patches_its_fields(tmp_path):
    plain, control, benefit = content(compiled(tmp_path), "hero", "everyone")
    assert plain == control and benefit[0].startswith("<h1>Better mornings</h1>") and benefit[0][25:] != plain[0][25:]


def test_items_are_repeated_with_their_fields(tmp_path):
    (parts,) = content(compiled(tmp_path), "shelf", "trending")
    inner = ("\n<li><a href=\"/p/", ("item", "id", "urlpart"), '">', ("item", "name", "text"), "</a></li>\n")
    assert parts == ("<ul>\n", ("each", inner), "\n</ul>\n")


@pytest.mark.parametrize(
    ("field", "markup", "text", "parts"),
    [
        ("text", "<p>{{x}}</p>", "a < b & 'c' \"d\"", ("<p>a &lt; b &amp; &#39;c&#39; &#34;d&#34;</p>",)),
        ("text", '<p title="{{x}}"></p>', 'a "b" <c>', ('<p title="a &#34;b&#34; &lt;c&gt;"></p>',)),
        ("link", '<a href="{{x}}">y</a>', "/a?b=1&c=2", ('<a href="/a?b=1&amp;c=2">y</a>',)),
        ("link", '<a href="{{x}}">y</a>', 'https://{{request.host | "a.example"}}/', ('<a href="https://', ("var", "request.host", "urlpart", "a.example"), '/">y</a>')),
        ("link", '<a href="{{x}}">y</a>', '{{request.path | "/"}}', ('<a href="', ("var", "request.path", "url", "/"), '">y</a>')),
        ("text", '<a href="/s?q={{x}}">y</a>', '{{request.city | "a b"}}', ('<a href="/s?q=', ("var", "request.city", "urlpart", "a b"), '">y</a>')),
        ("image", '<img src="{{x}}" alt="">', "beans.svg", ('<img src="/img/beans.svg" alt="">',)),
        ("image", '<img src="{{x}}" alt="">', "https://cdn.example/a.png", ('<img src="https://cdn.example/a.png" alt="">',)),
        ("text", "<p>{{x}}</p>", "", ("<p></p>",)),
        ("text", "<p>{{x}}</p>", "long " * 800 + "&", (f"<p>{'long ' * 800}&amp;</p>",)),
    ],
)  # fmt: skip
def test_contexts_of_fields(tmp_path, field, markup, text, parts):
    write = {
        "content/note.html": markup,
        "content/note.yaml": f"fields: {{x: {field}}}\nvariants:\n  one:\n    x: '{text.replace(chr(39), chr(39) * 2)}'\n",
        "slots/note.yaml": "place: {page: home, selector: main, do: append}\ncomponent: note\nladder: {default: one}\n",
    }
    (found,) = content(compiled(tmp_path, write=write), "note", "one")
    assert found == parts


def of_field(folder, do, kind, text, selector="main", patch=None):
    """The contents of a slot that puts one field somewhere; with an arm's patch of it where one is given."""
    write = {
        "content/note.yaml": f"fields: {{x: {kind}}}\nvariants:\n  one:\n    x: {text!r}\n",
        "slots/note.yaml": f"place: {{page: home, selector: {selector}, do: {do}, field: x}}\ncomponent: note\nladder: {{default: one}}\n",
    }
    if patch is not None:
        arms = f"arms:\n  control: {{weight: 50}}\n  change: {{weight: 50, set: {{x: {patch!r}}}}}\n"
        write |= {"experiments/note.yaml": arms, "slots/note.yaml": write["slots/note.yaml"].replace("component: note", "component: note\ntest: note")}
    return content(compiled(folder, write=write), "note", "one")


@pytest.mark.parametrize(
    ("do", "kind", "text", "selector", "parts"),
    [
        ("text", "text", "a < b & c", "main", ("a &lt; b &amp; c",)),
        ("text", "text", 'Hello {{request.city | "you"}}', "title", ("Hello ", ("var", "request.city", "text", "you"))),
        ("text", "text", "", "main", ()),
        ("src", "image", "beans.svg", "img", ("/img/beans.svg",)),
        ("src", "link", "https://cdn.example/a b.png?x=1&y=2", "img", ("https://cdn.example/a%20b.png?x=1&amp;y=2",)),
        ("src", "image", 'https://cdn.example/{{request.country | "DE"}}.png', '"#hero"', ("https://cdn.example/", ("var", "request.country", "urlpart", "DE"), ".png")),
        ("src", "image", '{{request.path | "/a.png"}}', "img", (("var", "request.path", "url", "/a.png"),)),
        ("srcset", "image", "beans.svg 1x, beans.svg 2x", "img", ("/img/beans.svg 1x, /img/beans.svg 2x",)),
        ("srcset", "image", "beans.svg", "source", ("/img/beans.svg",)),
        ("srcset", "link", "/a?x=1&y=2 640w,https://cdn.example/b 1280w", "img", ("/a?x=1&amp;y=2 640w, https://cdn.example/b 1280w",)),
        ("srcset", "image", '{{request.path | "/a.png"}}', "img", (("var", "request.path", "srcset", "/a.png"),)),
        ("srcset", "link", '/a/{{request.country | "DE"}}.png', "img", ("/a/", ("var", "request.country", "urlpart", "DE"), ".png")),
        ("href", "link", "/a?b=1&c=2", "a", ("/a?b=1&amp;c=2",)),
        ("class", "text", " red  big red ", "main", ("red big",)),
        ("class", "text", 'card {{request.country | "DE"}}', "main", ("card ", ("var", "request.country", "class", "DE"))),
    ],
)  # fmt: skip
def test_one_field_in_its_place(tmp_path, do, kind, text, selector, parts):
    assert of_field(tmp_path, do, kind, text, selector) == (parts,)


def test_a_field_is_patched_by_the_arms_of_the_slots_test(tmp_path):
    assert of_field(tmp_path, "text", "text", "a", patch="b & c") == (("a",), ("a",), ("b &amp; c",))


def test_a_component_whose_fields_alone_are_used_needs_no_markup(tmp_path):
    assert of_field(tmp_path, "text", "text", "a") == (("a",),)
    write = {"slots/other.yaml": "place: {page: product, selector: main, do: inner}\ncomponent: note\nladder: {default: one}\n"}
    found = messages(tmp_path / "again", write=write | {"content/note.yaml": "fields: {x: text}\nvariants: {one: {x: a}}\n"})
    assert [code for code, _ in found] == ["E001"]


def test_a_slot_that_removes_its_element_has_one_variant_without_content(tmp_path):
    write = {"slots/ad.yaml": "place: {page: home, selector: '#ad', do: remove}\nladder: {default: removed}\n"}
    (found,) = [slot for slot in compiled(tmp_path, write=write).program.slots if slot.name == "ad"]
    assert (found.variants, found.component, found.operation, found.default.variant) == ((ir.Variant("removed", ((),)),), "", "remove", "removed")


def test_a_test_on_a_slot_that_removes_its_element(tmp_path):
    arms = "arms:\n  control: {weight: 50, show: none}\n  without: {weight: 50, show: removed}\n"
    write = {"experiments/ad.yaml": arms, "slots/ad.yaml": "place: {page: home, selector: '#ad', do: remove}\ntest: ad\nladder: {default: none}\n"}
    (found,) = [slot for slot in compiled(tmp_path, write=write).program.slots if slot.name == "ad"]
    assert found.variants == (ir.Variant("removed", ((), (), ())),)


def test_what_is_preloaded_is_the_image_of_each_variant_and_arm(tmp_path):
    change = {"slots/hero.yaml": {"do: inner": "do: inner, preload: image"}, "experiments/headline.yaml": {"{headline: Better mornings}": "{image: https://cdn.example/b.svg}"}}
    (found,) = [slot for slot in compiled(tmp_path, change=change).program.slots if slot.name == "hero"]
    assert {variant.preloads for variant in found.variants} == {(("/img/beans.svg",), ("/img/beans.svg",), ("https://cdn.example/b.svg",))}


@pytest.mark.parametrize(("do", "kind", "text", "selector", "code"), [
    ("src", "link", "javascript:alert(1)", "img", "E059"), ("href", "link", "data:text/html,x", "a", "E059"), ("srcset", "link", "/a 1x, javascript:alert(1) 2x", "img", "E059"),
    ("srcset", "image", "beans.svg 1x, beens.svg 2x", "img", "E078"), ("src", "image", "beans.svg 1x, beans.svg 2x", "img", "E054"), ("srcset", "image", "beans.svg 1x, beans.svg 2q", "img", "E054"),
    ("src", "link", '{{request.path | "/"}}', "main", "E052"), ("src", "link", '{{request.path | "/"}}', "iframe", "E052"), ("src", "link", '/a/{{request.country | "DE"}}', "script", "E052"),
    ("src", "link", '{{request.path | "/"}}', '"img, #a"', "E052"), ("href", "link", 'https://{{request.host | "x"}}/', '"#a"', "E052"),
])  # fmt: skip
def test_fields_that_are_refused(tmp_path, do, kind, text, selector, code):
    with pytest.raises(Rejected) as refusal:
        of_field(tmp_path, do, kind, text, selector)
    assert {item.code for item in refusal.value.diagnostics.items} == {code}


def test_only_what_is_shown_is_read_by_the_edge(tmp_path):
    unshown = {HERO: {"  business:\n": "  unused: {extends: everyone, headline: '{{request.utm_term | \"x\"}}'}\n  business:\n"}}
    reads = compiled(tmp_path, change=unshown).program.reads
    assert "request.city" in reads and "request.utm_term" not in reads


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("    cta: /shop", "    cta: 'javascript:alert(1)'", "E059"),
        ("    cta: /shop", "    cta: 'data:text/html,x'", "E059"),
        ("    cta: /shop", "    cta: ' JavaScript:alert(1)'", "E059"),
        ("    cta: /shop", "    cta: '{{request.host | \"x\"}}://x'", "E071"),
        ("headline: Good coffee", "headline: '{{item.name}}'", "E074"),
        ("headline: Good coffee", "headline: '{{headline}}'", "E021"),
        ("headline: Good coffee", "headline: '{{segment.paying | \"x\"}}'", "E021"),
        ("headline: Good coffee", "headline: '{{'", "E070"),
        ("extends: everyone", "extends: none", "E045"),
    ],
)
def test_copy_that_is_refused(tmp_path, old, new, code):
    assert [found for found, _ in messages(tmp_path, change={HERO: {old: new}})] == [code]


def test_a_patch_is_checked_like_copy(tmp_path):
    change = {"experiments/headline.yaml": {"{headline: Better mornings}": "{cta: 'javascript:alert(1)', headline: '{{request.ctiy | \"x\"}}'}"}}
    assert sorted(code for code, _ in messages(tmp_path, change=change)) == ["E021", "E059"]
