"""Markup and copy: contexts of variables, and what is refused because it cannot be escaped or would break the page."""

import pytest

from compiler.templates import Each, Slot, compile_markup, compile_text, variables


@pytest.mark.parametrize(
    ("markup", "contexts"),
    [
        ("<b>{{x}}</b>", {"x": "text"}),
        ("{{x}}", {"x": "text"}),
        ('<p>it\'s {{x}} "quoted" > {{ y }}</p>', {"x": "text", "y": "text"}),
        ('<i title="{{x}}" data-y=\'{{y}}\'></i>', {"x": "attr", "y": "attr"}),
        ('<a href="{{u}}?q={{q}}">a</a>', {"u": "url", "q": "urlpart"}),
        ('<a href=" {{u}}">a</a>', {"u": "url"}),
        ("<a href='/x/{{y}}'>a</a>", {"y": "urlpart"}),
        ('<img srcset="{{i}} 2x, {{j}} 3x, /a{{k}} 1x" alt="{{l}}">', {"i": "url", "j": "url", "k": "urlpart", "l": "attr"}),
        ('<img srcset=" {{i}} " alt=""><img srcset=\'{{j}}\'><img srcset="{{k}} 2x"><img srcset="{{l}}{{m}}">', {"i": "srcset", "j": "srcset", "k": "url", "l": "srcset", "m": "urlpart"}),
        ('<form action="{{a}}"><button formaction="{{b}}">x</button></form>', {"a": "url", "b": "url"}),
        ('<svg viewBox="0 0 1 1"><use xlink:href="{{u}}"/><title>{{t}}</title></svg>', {"u": "url", "t": "text"}),
        ("<textarea>{{x}}</textarea>", {"x": "text"}),
        ('<iframe src="https://host.example/{{v}}"></iframe>', {"v": "urlpart"}),
        ('<script>let a = "</div>";</script><i>{{x}}</i>', {"x": "text"}),
        ('<input value="{{x}}" disabled>', {"x": "attr"}),
        ("<A HREF=\"{{x}}\">a</A>", {"x": "url"}),
        ("<table><tbody><tr><td>{{x}}</td></tr></tbody></table>", {"x": "text"}),
        ("<ul><li>{{x}}<ul><li>a</li></ul></li><li>b</li></ul>", {"x": "text"}),
        ("<!-- plain --><br><hr/>{{x}}", {"x": "text"}),
        ('<meta name="description" content="{{x}}"><meta content="a {{y}}" property="og:title">', {"x": "attr", "y": "attr"}),
    ],
)
def test_contexts(markup, contexts):
    parts = compile_markup(markup)
    assert isinstance(parts, tuple), parts
    assert {slot.name: slot.context for slot in variables(parts)} == contexts


def test_parts_give_back_the_markup():
    parts = compile_markup('<a title="{{account.name | "your \\"team\\""}}">{{x}}</a>')
    assert parts == (
        '<a title="', Slot(("account", "name"), 'your "team"', "attr", 10), '">', Slot(("x",), None, "text", 46), "</a>",
    )  # fmt: skip


@pytest.mark.parametrize("markup, marked", [
    ("<script>a</script>", "<script{}>a</script>"), ('<SCRIPT src="/a.js" defer></SCRIPT>', '<SCRIPT{} src="/a.js" defer></SCRIPT>'), ("<style >a{}</style>", None),
    ("<svg><style>a</style><script>b</script></svg>", "<svg><style{}>a</style><script{}>b</script></svg>"),
    ('<!-- <script> --><p title="<script>">x</p>', '<!-- <script> --><p title="<script>">x</p>'), ("<textarea><script></textarea>", "<textarea><script></textarea>"),
    ('<link rel="stylesheet" href="/a.css">', '<link rel="stylesheet" href="/a.css">'), ("<p>{{x}}</p><script>a</script>{{y}}", None),
])  # fmt: skip
def test_scripts_and_styles_have_a_place_for_the_pages_nonce(markup, marked):
    parts = compile_markup(markup)
    assert isinstance(parts, tuple), parts
    if marked is not None:
        assert "".join(parts) == marked.replace("{}", ' nonce="\x02"')
    assert "".join(part for part in parts if isinstance(part, str)).count('nonce="\x02"') == (marked.count("{}") if marked else 1)


@pytest.mark.parametrize("markup", ['<script nonce="a"></script>', "<style NONCE=a></style>", '<script nonce="{{x}}"></script>', "<script nonce></script>"])
def test_a_nonce_that_is_written_out_is_refused(markup):
    assert "E073" in {problem.code for problem in compile_markup(markup)}


def test_items_are_a_part_with_parts():
    parts = compile_markup("<ul>{{#items}}<li>{{item.name}}</li>{{/items}}</ul>")
    assert parts == ("<ul>", Each("items", ("<li>", Slot(("item", "name"), None, "text", 18), "</li>"), 4), "</ul>")


@pytest.mark.parametrize(
    ("markup", "code", "marked"),
    [
        # variables that cannot be read
        ("{{x", "E070", "{{x"), ("{{{x}}}", "E070", "{{{x}}}"), ("{{X}}", "E070", "{{X}}"), ("{{a.b.c}}", "E070", "{{a.b.c}}"), ("{{a | b}}", "E070", "{{a | b}}"),
        ("{{& a}}", "E070", "{{& a}}"), ("{{}}", "E070", "{{}}"),
        # places where nothing can be escaped
        ("<a href={{y}}>a</a>", "E071", "{{y}}"), ("<{{t}}>", "E071", "<{{t}}"), ("<a {{y}}>x</a>", "E071", "{{y}}"), ("<!-- {{x}} -->", "E071", "{{x}}"),
        ("<script>{{x}}</script>", "E071", "{{x}}"), ("<style>{{x}}</style>", "E071", "{{x}}"), ("<svg><style>{{x}}</style></svg>", "E071", "{{x}}"),
        ('<p style="{{x}}">a</p>', "E071", "{{x}}"), ('<p onclick="{{x}}">a</p>', "E071", "{{x}}"), ('<iframe srcdoc="{{x}}"></iframe>', "E071", "{{x}}"),
        ('<iframe src="{{x}}"></iframe>', "E071", "{{x}}"), ('<link href="{{x}}">', "E071", "{{x}}"), ('<script src="{{x}}"></script>', "E071", "{{x}}"),
        ('<meta content="0;url={{x}}">', "E071", "{{x}}"), ('<meta name="a" http-equiv=refresh content="0;url={{x}}">', "E071", "{{x}}"), ('<meta name="{{x}}" content="a">', "E071", "{{x}}"), ('<a href="javascript:{{x}}">a</a>', "E071", "{{x}}"), ('<a href=" java\nscript:{{x}}">a</a>', "E071", "{{x}}"),
        ('<a href="java&#115;cript:{{x}}">a</a>', "E071", "{{x}}"), ('<a href="{{x}}://{{y}}">a</a>', "E071", "{{x}}"), ('<a href="{{x}}&colon;a">a</a>', "E071", "{{x}}"),
        ('<animate to="{{x}}"></animate>', "E071", "{{x}}"), ("<table><tbody>{{x}}</tbody></table>", "E071", "{{x}}"),
        # what is not balanced, or would not stay so in a browser
        ("<div><p>a</div>", "E072", "</div>"), ("<div>", "E072", "<div"), ("</div>", "E072", "</div>"), ("<div/>", "E072", "<div/>"), ("<br></br>", "E072", "</br>"),
        ("<p><div></div></p>", "E072", "<div"), ("<p><p></p></p>", "E072", "<p"), ("<ul><li>a<li>b</li></li></ul>", "E072", "<li"), ("<h1><h2>a</h2></h1>", "E072", "<h2"),
        ("<a><a>b</a></a>", "E072", "<a"), ("<table><tr><td>x</td></tr></table>", "E072", "<tr"), ("<table>a</table>", "E072", "a"),
        ("<table><div></div></table>", "E072", "<div"), ("<svg><div></div></svg>", "E072", "<div"), ("<title>{{x}}", "E072", "<title"),
        # what is not well formed
        ("<body></body>", "E073", "<body>"), ("<!doctype html>", "E073", "<!doctype html"), ('<a href="x" href="y">a</a>', "E073", "href"), ("a < b", "E073", "<"),
        ('<a href="x"title="y">a</a>', "E073", '<a href="x"title="y"'), ('<a href="x', "E073", '<a href="x'), ("<!-- a", "E073", "<!--"), ("<!--> -->", "E073", "<!--"),
        ("<a></a b>", "E073", "</a b>"),
        # blocks
        ("{{#items}}<li>{{/items}}</li>", "E074", "{{/items}}"), ("{{#items}}{{#items}}{{/items}}", "E074", "{{#items}}"), ("{{/items}}", "E074", "{{/items}}"),
        ("{{#if}}", "E074", "{{#if}}"), ("{{#items}}a", "E074", "{{#items}}"), ("{{item.name}}", "E074", "{{item.name}}"),
        ('<b title="{{#items}}">{{/items}}</b>', "E074", "{{#items}}"), ("<script>{{#items}}</script>{{/items}}", "E074", "{{#items}}"),
    ],
)  # fmt: skip
def test_refused(markup, code, marked):
    problems = compile_markup(markup)
    assert isinstance(problems, list), problems
    found = {(problem.code, markup[problem.offset : problem.offset + problem.length]) for problem in problems}
    assert (code, marked) in found
    assert all(problem.fix for problem in problems)


def test_all_problems_are_reported_at_once():
    problems = compile_markup("<p onclick='{{a}}' style='{{b}}'>{{c}}</div>")
    assert [problem.code for problem in problems] == ["E072", "E071", "E071", "E072"]


@pytest.mark.parametrize(
    ("text", "kind", "contexts"),
    [
        ('How {{account.name | "teams like yours"}} brews', "text", ["text"]), ("{{u}}", "link", ["url"]), (" {{u}}/{{v}}", "image", ["url", "urlpart"]),
        ("/a?{{q}}", "link", ["urlpart"]), ("plain: text", "text", []), ("javascript: {{x}}", "text", ["text"]),
    ],
)  # fmt: skip
def test_copy(text, kind, contexts):
    assert [slot.context for slot in variables(compile_text(text, kind))] == contexts


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [("a {{ b", "text", "E070"), ("{{#items}}", "text", "E074"), ("{{item.name}}", "text", "E074"), ("javascript:{{x}}", "link", "E071"), ("{{x}}:{{y}}", "link", "E071")],
)
def test_refused_copy(text, kind, code):
    assert [problem.code for problem in compile_text(text, kind)] == [code]


def test_copy_is_not_markup():
    assert compile_text("<b>{{x}}") == ("<b>", Slot(("x",), None, "text", 3))
