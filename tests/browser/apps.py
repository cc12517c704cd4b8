"""A site of applications: React over markup from a server, an application that navigates by itself, a strict page, a long one."""

from __future__ import annotations

import json
import secrets
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Iterator

from host.tools import ROOT, node
from tests.shop import Shop, start

APP = Path(__file__).parent / "app"
CLIENT = '<script type="module" src="/_tessera/client.mjs"{nonce}></script>'
STYLE = "<style{nonce}>body{{margin:0;font:16px/1.5 sans-serif}}section,h1,p,div{{margin:0 0 16px}}</style>"
HEAD = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Applications</title><link rel="icon" href="data:,">' + STYLE + CLIENT + "{more}</head><body>"
SERVED = '<div id="root"><main><h1 id="title">Hello</h1><section id="offer"><p>Nothing special</p></section><button id="more">More</button></main></div>'
REACT = SERVED + '<script type="module" src="/hydrate.js"></script>'
WALK = '<header><h1 id="word">Word</h1><a id="link" href="/">link</a></header><nav>{links}</nav><main>{main}</main><script src="/walk.js"></script>'
LINKS = "".join(f'<a href="/app/{name}">{name}</a> ' for name in ("one", "two", "plain"))
PAGES = {
    "/": REACT,
    "/careless": REACT,
    "/scroll": '<section id="top"><p>top</p></section><section id="kept"><p>kept</p></section><section id="gone"><p>gone</p></section><section id="hidden" style="display:none"></section>'
    '<div style="height:3000px"></div><section id="below"><p>below</p></section><div style="height:3000px"></div>',
    "/strict": '<section id="hero"></section><div id="tall"></div>',
    "/app/one": WALK.format(links=LINKS, main="<div id=body>The first page</div>"),
    "/app/two": WALK.format(links=LINKS, main="<div id=body>The second page</div><p id=only>Only here</p>"),
    "/app/plain": WALK.format(links=LINKS, main="<div id=body>A page without slots</div>"),
}
POLICY = "default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self' 'nonce-{nonce}'; img-src data:; object-src 'none'; base-uri 'none'"

SITE = """\
tessera: 1
name: applications
hosts: [localhost, 127.0.0.1]
pages: {home: /, careless: /careless, scroll: /scroll, strict: /strict, one: /app/one, two: /app/two}
purposes: {analytics: {tcf: [1, 8]}}
jurisdictions: {rest: {allow: [analytics]}}
assets: {dir: public}
island: [home, careless, scroll, strict, one, two]
log: {purpose: analytics, keep: 1d}
"""
CONTENT = {
    "offer": ('<p class="deal">{{headline}} & more</p>', "fields: {headline: text}\nvariants: {on: {headline: Decided at the edge}}\n"),
    "note": ('<aside class="note"><p>{{text}}</p></aside>', "fields: {text: text, link: link}\nvariants: {on: {text: A note for you, link: /app/two}, second: {text: Another note, link: /app/one}}\n"),
    "whole": ('<section id="below" class="fresh"><p>{{text}}</p></section>', "fields: {text: text}\nvariants: {on: {text: From the edge}}\n"),
    "lively": (
        "<style>#hero b { color: rgb(1, 2, 3) }</style><b>{{text}}</b><script>window.lively = (window.lively ?? 0) + 1</script>",
        "fields: {text: text}\nvariants: {on: {text: Lively}}\n",
    ),
}
ON, SECOND = "ladder: {default: on}\n", "ladder: {cohort: [{rule: second, when: 'request.path == \"/app/two\"', show: second}], default: on}\n"
SLOTS = {
    "title": 'place: {page: [home, careless], selector: "#title", do: text, field: headline}\ncomponent: offer\n' + ON,
    "offer": 'place: {page: [home, careless], selector: "#offer", do: inner}\ncomponent: offer\n' + ON,
    "top": 'place: {page: scroll, selector: "#top", do: inner}\ncomponent: note\n' + ON,
    "kept": 'place: {page: scroll, selector: "#kept", do: inner}\ncomponent: note\nladder: {default: none}\n',
    "gone": 'place: {page: scroll, selector: "#gone", do: remove}\nladder: {default: removed}\n',
    "hidden": 'place: {page: scroll, selector: "#hidden", do: inner}\ncomponent: note\n' + ON,
    "below": 'place: {page: scroll, selector: "#below", do: replace}\ncomponent: whole\n' + ON,
    "hero": 'place: {page: strict, selector: "#hero", do: inner}\ncomponent: lively\n' + ON,
    "word": 'place: {page: [one, two], selector: "#word", do: text, field: text}\ncomponent: note\n' + SECOND,
    "link": 'place: {page: [one, two], selector: "#link", do: href, field: link}\ncomponent: note\n' + SECOND,
    "beside": 'place: {page: [one, two], selector: "header", do: append}\ncomponent: offer\n' + ON,
    "body": 'place: {page: [one, two], selector: "#body", do: inner}\ncomponent: note\n' + SECOND,
    "only": 'place: {page: two, selector: "#only", do: before}\ncomponent: note\n' + ON,
}


def write(folder: Path) -> Path:
    """The site's folder."""
    for name in ("slots", "content", "public"):
        (folder / name).mkdir(parents=True)
    (folder / "site.yaml").write_text(SITE)
    for name, (markup, fields) in CONTENT.items():
        (folder / "content" / f"{name}.html").write_text(markup)
        (folder / "content" / f"{name}.yaml").write_text(fields)
    for name, text in SLOTS.items():
        (folder / "slots" / f"{name}.yaml").write_text(text)
    return folder


def bundled() -> bytes:
    """The React application, as production would have it."""
    build = (
        "const [entry, root] = process.argv.slice(1);"
        "const options = { entryPoints: [entry], nodePaths: [root], bundle: true, minify: true, write: false, format: 'esm', define: { 'process.env.NODE_ENV': '\"production\"' } };"
        "process.stdout.write(require('esbuild').buildSync(options).outputFiles[0].text);"
    )
    return subprocess.run([node(), "-e", build, APP / "hydrate.mjs", ROOT / "node_modules"], cwd=ROOT, capture_output=True, check=True).stdout


@contextmanager
def origin() -> Iterator[str]:
    """The site without Tessera, as a server of its own: the strict page has a fresh nonce each time. Its address."""
    scripts = {"/hydrate.js": bundled(), "/walk.js": (APP / "walk.js").read_bytes()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path, nonce = self.path.partition("?")[0], secrets.token_urlsafe(12)
            headers = {"content-type": "text/html; charset=utf-8", "cache-control": "no-cache"}
            status, content = 200, scripts.get(path, b"")
            if path in scripts:
                headers["content-type"] = "text/javascript; charset=utf-8"
            elif path in PAGES:
                strict = f' nonce="{nonce}"' if path == "/strict" else ""
                content = (HEAD.format(nonce=strict, more="") + PAGES[path] + "</body></html>").encode()
                if strict:
                    headers |= {"content-security-policy": POLICY.format(nonce=nonce), "cache-control": "no-store"}
            else:
                status = 404
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def running(folder: Path) -> Iterator[Shop]:
    """The site with Tessera in front."""
    with origin() as address:
        shop = start(folder / "place", write(folder / "site"), origin=address)
        try:
            yield shop
        finally:
            shop.host.stop()


def events(shop: Shop, view: str, count: int = 1, patience: float = 10.0) -> list[tuple[str, str]]:
    """(event, slot) of what was reported of a page view, sorted; waits for so many."""
    until = time.monotonic() + patience
    while True:
        keys = shop.admin.list_r2("LOG", "events/")
        rows = [json.loads(line) for key in keys for line in shop.admin.get_r2("LOG", key).content.splitlines()]
        found = sorted((row["event"], row["slot"]) for row in rows if row["view"] == view)
        if len(found) >= count or time.monotonic() > until:
            return found
        time.sleep(0.1)
