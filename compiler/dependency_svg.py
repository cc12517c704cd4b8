"""A graph of dependencies as a picture: one SVG without scripts, fonts or anything from elsewhere."""

from __future__ import annotations

from xml.sax.saxutils import escape

from compiler.dependencies import LAYERS, Graph
from compiler.dependency_layout import BETWEEN, CHARACTER, HEIGHT, PADDING, Line, layout

TITLES = ("sources", "attributes, lists, fields", "segments, models, content", "campaigns, experiments", "rules", "slots")
NOTE = "Each box needs those that it is joined to on its left; along a dashed line, on its right. Hover for the whole list."
LONGEST = 44  # characters of a label
MARGIN, TOP = 24.0, 64.0
HEAD = 8.0  # width of a character above a column
MOST_TOLD = 12  # names in a title
COLOURS = {
    "source": "#6b7280", "attribute": "#2563eb", "list": "#0e7490", "field": "#4d7c0f", "segment": "#7c3aed", "model": "#c2410c", "metric": "#a16207",
    "component": "#be185d", "variant": "#be185d", "campaign": "#b91c1c", "experiment": "#047857", "rule": "#374151", "slot": "#111827",
}  # fmt: skip
STYLE = """
svg { background: #fff; font: 11px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
text { fill: #111827; } .head { font-weight: 600; font-size: 13px; } .note { fill: #6b7280; }
rect { fill: #fff; stroke-width: 1.2; rx: 4px; } .chosen rect { fill: #fef3c7; stroke-width: 2.4; } g.node:hover rect { fill: #f3f4f6; }
path { fill: none; stroke-width: 1; opacity: .45; } path:hover { stroke-width: 2.5; opacity: 1; } path.back { stroke-dasharray: 4 3; }
"""


def svg(graph: Graph, chosen: str | None = None) -> str:
    """The picture of a graph; `chosen` is the id of what it is about."""
    columns = [(title, layer, [id_ for id_, node in graph.nodes.items() if node.kind in layer]) for title, layer in zip(TITLES, LAYERS)]
    columns = [(title, layer, ids) for title, layer, ids in columns if ids]
    ordered = [at for at, (_, layer, _) in enumerate(columns) if set(layer) & {"rule", "slot"}]  # as the files have them
    labels = {id_: _label(node.name) for id_, node in graph.nodes.items()}
    places = layout([ids for _, _, ids in columns], graph.needs, labels, ordered, [len(title) * HEAD + MARGIN for title, _, _ in columns])
    heads = [(x, title) for x, (title, _, _) in zip(places.columns, columns)]
    width = max([places.width, len(NOTE) * CHARACTER, *(x + len(title) * HEAD for x, title in heads)]) + 2 * MARGIN
    height = places.height + TOP + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" role="img" aria-label="What needs what">',
        f"<style>{STYLE}</style>",
        f'<text class="note" x="{MARGIN:g}" y="20">{NOTE}</text>',
    ]
    parts += [f'<text class="head" x="{MARGIN + x:.1f}" y="46">{title}</text>' for x, title in heads]
    parts.append(f'<g transform="translate({MARGIN:g} {TOP:g})">')
    parts += [_line(graph, line) for line in places.lines]
    for box in places.boxes:
        node = graph.nodes[box.id]
        of = ' class="node chosen"' if box.id == chosen else ' class="node"'
        y = box.y - HEIGHT / 2
        parts.append(
            f'<g{of}><title>{escape(_title(graph, box.id))}</title><rect x="{box.x:.1f}" y="{y:.1f}" width="{box.width:.1f}" height="{HEIGHT:g}" stroke="{COLOURS[node.kind]}"/>'
            f'<text x="{box.x + PADDING:.1f}" y="{box.y + 4:.1f}">{escape(labels[box.id])}</text></g>'
        )
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _line(graph: Graph, line: Line) -> str:
    (x, y), (to_x, to_y) = line.start, line.end
    if x == to_x:  # within a column: an arc on its left, flatter where it is short
        out = min(BETWEEN * 0.6, 14 + abs(to_y - y) / 8)
        curve = f"C{x - out:.1f} {y:.1f} {x - out:.1f} {to_y:.1f}"
    elif y == to_y:
        curve = "L"
    else:
        curve = f"C{x + (to_x - x) / 2:.1f} {y:.1f} {x + (to_x - x) / 2:.1f} {to_y:.1f}"
    kind = graph.nodes[line.target].kind
    return f'<path{" class=" + chr(34) + "back" + chr(34) if line.back else ""} stroke="{COLOURS[kind]}" d="M{x:.1f} {y:.1f}{curve} {to_x:.1f} {to_y:.1f}"><title>{escape(_clean(line.target))}</title></path>'


def _label(name: str) -> str:
    text = _clean(name)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _clean(text: str) -> str:
    """The text without what XML cannot hold."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _title(graph: Graph, id_: str) -> str:
    """What is told where the pointer rests on a box."""
    node = graph.nodes[id_]
    place = f" ({node.place.file}:{node.place.line})" if node.place else ""
    lines = [f"{node.kind} {_clean(node.name)}{place}"]
    for what, ids in (("needs", graph.below(id_)), ("needed by", graph.above(id_))):
        if ids:
            lines.append(f"{what}: {', '.join(map(_clean, ids[:MOST_TOLD]))}{f' and {len(ids) - MOST_TOLD} more' if len(ids) > MOST_TOLD else ''}")
    return "\n".join(lines)
