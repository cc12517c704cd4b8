"""Copy and markup: what does not depend on the visitor is escaped and joined; the rest keeps its context."""

import pytest

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
