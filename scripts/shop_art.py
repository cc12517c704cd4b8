"""The shapes that the store's pictures are made of: SVG fragments, each drawn around its own origin.

A shape stands on the line y = 0 with its middle at x = 0, so that pictures are composed with `at(x, y, shape, scale)`.
"""

from __future__ import annotations

PAPER, INK, CRAFT, STEEL, BRASS = "#fbf6ec", "#2b1e17", "#d9c4a3", "#c9ced0", "#c99a4b"
CLAY, PINE, NIGHT, GOLD, ROSE, SEA = "#b4532f", "#2f4a3f", "#26324a", "#dda63f", "#c9777a", "#4d7f8c"


def at(x: float, y: float, shape: str, scale: float = 1.0) -> str:
    """`shape`, moved so that its foot stands at (x, y)."""
    return f'<g transform="translate({x} {y}) scale({scale})">{shape}</g>'


def picture(width: int, height: int, ground: str, *shapes: str) -> str:
    """A whole SVG file. It carries no title: the page says what the picture means, or that it means nothing."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<rect width="{width}" height="{height}" fill="{ground}"/>{"".join(shapes)}</svg>\n'
    )


def shadow(width: float, height: float = 16) -> str:
    return f'<ellipse cy="2" rx="{width / 2}" ry="{height / 2}" fill="{INK}" opacity=".14"/>'


def steam(height: float = 90, colour: str = "#fff") -> str:
    """Three strands that rise from the origin."""
    strand = "M{x} 0c-14-{a} 14-{b} 0-{c}s14-{b} 0-{c}"
    part = height / 2
    paths = "".join(
        f'<path d="{strand.format(x=x, a=round(part * .35), b=round(part * .65), c=round(part * s))}"/>'
        for x, s in ((-22, 0.8), (0, 1), (22, 0.8))
    )
    return f'<g fill="none" stroke="{colour}" stroke-width="5" stroke-linecap="round" opacity=".65">{paths}</g>'


MOTIFS = {
    "waves": '<path d="M-70 30q17-16 35 0t35 0 35 0 35 0V60H-70z" fill="{a}"/>'
             '<path d="M-70 10q17-16 35 0t35 0 35 0 35 0" fill="none" stroke="{a}" stroke-width="5"/>'
             '<circle cx="28" cy="-20" r="13" fill="{b}"/>',
    "moon": '<path d="M10-38a34 34 0 1 0 24 56A27 27 0 1 1 10-38z" fill="{a}"/>'
            '<circle cx="-44" cy="-24" r="3" fill="{b}"/><circle cx="44" cy="-30" r="4" fill="{b}"/><circle cx="-36" cy="36" r="3" fill="{b}"/>',
    "hills": '<circle cx="-24" cy="-14" r="17" fill="{b}"/><path d="M-70 60V26L-30-4 4 30 30 6 70 40V60z" fill="{a}"/>'
             '<path d="M-70 60V44q35-20 70 0t70 0V60z" fill="{b}" opacity=".55"/>',
    "sun": '<g stroke="{b}" stroke-width="6" stroke-linecap="round"><path d="M0-40v-8M29-29l6-6M-29-29l-6-6M41 0h8M-41 0h-8"/></g>'
           '<path d="M-30 16a30 30 0 0 1 60 0z" fill="{a}"/><path d="M-56 16H56M-40 30H40M-22 44H22" stroke="{a}" stroke-width="5" stroke-linecap="round"/>',
    "leaf": '<path d="M-6 52C-56 20-44-34 14-46 40 0 34 40-6 52z" fill="{a}"/><path d="M-14 50C-8 18 0-10 12-40M-4 18l20-8M0-4l16-8M-8 26l-18-14M-2 4l-16-14" fill="none" stroke="{b}" stroke-width="4" stroke-linecap="round"/>',
    "cherries": '<path d="M-22 18C-18-14 0-34 30-44M24 22C26-6 28-24 30-44" fill="none" stroke="{b}" stroke-width="5" stroke-linecap="round"/>'
                '<circle cx="-24" cy="30" r="20" fill="{a}"/><circle cx="24" cy="34" r="20" fill="{a}"/><path d="M30-44c-22-10-36 2-40 10 18 8 32 4 40-10z" fill="{b}"/>',
    "flower": '<g fill="{a}"><ellipse cy="-26" rx="13" ry="24"/><ellipse cy="-26" rx="13" ry="24" transform="rotate(72)"/>'
              '<ellipse cy="-26" rx="13" ry="24" transform="rotate(144)"/><ellipse cy="-26" rx="13" ry="24" transform="rotate(216)"/>'
              '<ellipse cy="-26" rx="13" ry="24" transform="rotate(288)"/></g><circle r="13" fill="{b}"/>',
    "rings": '<g fill="none" stroke-width="6"><circle r="44" stroke="{a}"/><circle r="28" stroke="{b}"/></g><circle r="13" fill="{a}"/>',
    "owl": '<path d="M-34 50V-8q0-36 34-36t34 36V50q-34 16-68 0z" fill="{a}"/><circle cx="-14" cy="-8" r="13" fill="#fbf6ec"/><circle cx="14" cy="-8" r="13" fill="#fbf6ec"/>'
           '<circle cx="-14" cy="-8" r="5" fill="#2b1e17"/><circle cx="14" cy="-8" r="5" fill="#2b1e17"/><path d="M-6 8h12L0 18z" fill="{b}"/>',
    "ferry": '<path d="M-52 20H52L38 46H-38z" fill="{a}"/><path d="M-30 16V-6H26V16zM-4-10v-22H12v22z" fill="{b}"/>'
             '<path d="M-64 56q16-10 32 0t32 0 32 0 32 0" fill="none" stroke="{a}" stroke-width="5"/>',
}


def bag(body: str, motif: str, first: str, second: str, name: str = "", under: str = "") -> str:
    """A coffee bag, 200 wide and 282 high; `name` and `under` are printed on its label."""
    words = ""
    if name:
        size = 24 if len(name) <= 9 else 19 if len(name) <= 13 else 16.5
        words = (
            f'<text y="-70" text-anchor="middle" font-family="Georgia,\'Times New Roman\',serif" font-size="{size}" fill="{INK}">{name}</text>'
            f'<text y="-50" text-anchor="middle" font-family="Helvetica,Arial,sans-serif" font-size="9.5" letter-spacing="2" fill="#75614f">{under}</text>'
        )
    return (
        shadow(220)
        + f'<path d="M-92-256H92L99-14Q100 0 86 0H-86Q-100 0-99-14z" fill="{body}"/>'
        '<path d="M-92-256h17l-9 256h-2Q-100 0-99-14zM92-256H75L84 0h2Q100 0 99-14z" fill="#000" opacity=".1"/>'
        f'<path d="M-94-282H94V-250H-94z" fill="{body}"/><path d="M-94-282H94V-250H-94z" fill="#fff" opacity=".13"/>'
        f'<rect x="-104" y="-263" width="208" height="9" rx="4.5" fill="{CRAFT}"/>'
        '<circle cy="-224" r="5" fill="#000" opacity=".22"/>'
        f'<rect x="-68" y="-206" width="136" height="174" rx="5" fill="{PAPER}"/>'
        f'<g transform="translate(0 -146) scale(.86)">{MOTIFS[motif].format(a=first, b=second)}</g>' + words
    )


def cup(body: str = PAPER, coffee: str = "#5b3a29", saucer: bool = True) -> str:
    """A cup seen from a little above, 150 wide and 96 high."""
    plate = '<ellipse cy="-6" rx="98" ry="15" fill="#fff"/><ellipse cy="-9" rx="98" ry="14" fill="{0}"/><ellipse cy="-9" rx="60" ry="8" fill="#000" opacity=".08"/>'.format(body)
    return (
        (shadow(220) + plate if saucer else shadow(140))
        + f'<path d="M66-76q44-6 40 24t-56 24" fill="none" stroke="{body}" stroke-width="11"/>'
        f'<path d="M-74-86H74Q76-8 24-6H-24Q-76-8-74-86z" fill="{body}"/>'
        '<path d="M74-86Q76-8 24-6H4Q58-18 52-86z" fill="#000" opacity=".07"/>'
        f'<ellipse cy="-86" rx="74" ry="15" fill="{body}"/><ellipse cy="-86" rx="74" ry="15" fill="#000" opacity=".05"/>'
        f'<ellipse cy="-84" rx="65" ry="11" fill="{coffee}"/>'
    )


def dripper(body: str = CLAY) -> str:
    """A cone on its plate, 170 wide and 130 high."""
    return (
        f'<path d="M60-104q46-2 40 30t-58 26" fill="none" stroke="{body}" stroke-width="12"/>'
        f'<path d="M-80-124H80L26-22H-26z" fill="{body}"/><path d="M80-124L26-22H6L50-124z" fill="#000" opacity=".1"/>'
        f'<ellipse cy="-124" rx="80" ry="14" fill="{body}"/><ellipse cy="-124" rx="80" ry="14" fill="#fff" opacity=".18"/>'
        '<ellipse cy="-123" rx="70" ry="10" fill="#f1e4cd"/><ellipse cy="-120" rx="50" ry="6" fill="#5b3a29"/>'
        f'<rect x="-62" y="-24" width="124" height="14" rx="7" fill="{body}"/><rect x="-24" y="-12" width="48" height="12" fill="{body}"/>'
    )


def carafe(fill: float = 0.45) -> str:
    """A glass server, 150 wide and 130 high, filled to a part of its height."""
    top = -120 * fill
    return (
        shadow(170)
        + f'<path d="M-38-128H38L40-96Q74-70 72-18Q72 0 54 0H-54Q-72 0-72-18Q-74-70-40-96z" fill="#fff" opacity=".55"/>'
        f'<path d="M-{70 if fill < .6 else 62} {top}H{70 if fill < .6 else 62}Q74-30 70-16Q68-4 54-4H-54Q-68-4-70-16Q-74-30-{70 if fill < .6 else 62} {top}z" fill="#5b3a29"/>'
        '<path d="M-50-80Q-62-60-60-30" fill="none" stroke="#fff" stroke-width="5" stroke-linecap="round" opacity=".7"/>'
    )


def kettle(body: str = INK) -> str:
    """A gooseneck kettle that pours to the left, 300 wide and 210 high."""
    return (
        shadow(200)
        + f'<path d="M-60-60C-116-66-96-150-150-160" fill="none" stroke="{body}" stroke-width="15" stroke-linecap="round"/>'
        f'<path d="M70-140C150-150 150-40 84-34" fill="none" stroke="{BRASS}" stroke-width="14" stroke-linecap="round"/>'
        f'<path d="M-62-150H62L88-8Q88 0 78 0H-78Q-88 0-88-8z" fill="{body}"/><path d="M62-150L88-8Q88 0 78 0H50L36-150z" fill="#fff" opacity=".1"/>'
        f'<rect x="-66" y="-162" width="132" height="14" rx="7" fill="{body}"/><path d="M-40-162q40-26 80 0z" fill="{body}"/><circle cy="-186" r="11" fill="{BRASS}"/>'
    )


def grinder(body: str = INK) -> str:
    """A hand grinder with its crank, 200 wide and 270 high."""
    return (
        shadow(130)
        + f'<rect x="-48" y="-190" width="96" height="190" rx="14" fill="{body}"/><rect x="20" y="-190" width="28" height="190" rx="14" fill="#fff" opacity=".12"/>'
        f'<rect x="-50" y="-92" width="100" height="10" fill="{BRASS}"/><path d="M-40-190q4-30 40-30t40 30z" fill="{STEEL}"/>'
        f'<path d="M0-220v-18q40-8 96-2" fill="none" stroke="{STEEL}" stroke-width="11" stroke-linecap="round"/>'
        f'<path d="M86-282q12-14 24 0l-4 40H90z" fill="{CLAY}"/>'
    )


def press() -> str:
    """A glass press, half full, 190 wide and 270 high."""
    return (
        shadow(180)
        + f'<path d="M70-170c64 0 64 120 0 124" fill="none" stroke="{INK}" stroke-width="14"/>'
        '<rect x="-76" y="-196" width="152" height="186" rx="8" fill="#fff" opacity=".6"/><path d="M-76-118H76V-18q0 8-8 8H-68q-8 0-8-8z" fill="#5b3a29"/>'
        f'<rect x="-72" y="-130" width="144" height="12" rx="4" fill="{STEEL}"/><path d="M0-250V-130" stroke="{STEEL}" stroke-width="8"/><circle cy="-258" r="15" fill="{INK}"/>'
        f'<path d="M-84-196q84-44 168 0z" fill="{STEEL}"/><path d="M-82-200h10V0h-10zM72-200H82V0H72zM-82-14H82V0H-82z" fill="{STEEL}"/>'
        '<path d="M-58-180v96" stroke="#fff" stroke-width="7" stroke-linecap="round" opacity=".8"/>'
    )


def moka() -> str:
    """A stovetop pot, 210 wide and 260 high."""
    return (
        shadow(170)
        + f'<path d="M58-206q62-4 60 30l-10 62" fill="none" stroke="{INK}" stroke-width="17" stroke-linecap="round" stroke-linejoin="round"/>'
        f'<path d="M-52-116H52L80-6q0 6-6 6H-74q-6 0-6-6z" fill="{STEEL}"/><path d="M14-116H52L80-6q0 6-6 6H30z" fill="#000" opacity=".13"/><path d="M-52-116h24L-46 0h-28q-6 0-6-6z" fill="#fff" opacity=".35"/>'
        f'<path d="M-70-220H66L52-128H-52L-90-206z" fill="{STEEL}"/><path d="M20-220H66L52-128H16z" fill="#000" opacity=".13"/><path d="M-70-220h30l10 92h-22L-90-206z" fill="#fff" opacity=".35"/>'
        f'<rect x="-58" y="-130" width="116" height="16" rx="4" fill="#9aa2a5"/><path d="M-70-220Q0-256 66-220z" fill="#b6bcbe"/><circle cy="-246" r="11" fill="{INK}"/>'
    )


def tumbler() -> str:
    """A travel press, 110 wide and 260 high."""
    return (
        shadow(130)
        + f'<path d="M-50-216H50L42-8q0 8-8 8H-34q-8 0-8-8z" fill="{SEA}"/><path d="M22-216H50L42-8q0 8-8 8H18z" fill="#000" opacity=".12"/>'
        f'<rect x="-48" y="-140" width="96" height="52" fill="#fff" opacity=".16"/><rect x="-56" y="-240" width="112" height="28" rx="8" fill="{INK}"/>'
        f'<rect x="-30" y="-262" width="60" height="26" rx="8" fill="{INK}"/>'
    )


def scale() -> str:
    """A flat scale with a display, 230 wide and 46 high."""
    return (
        shadow(250)
        + f'<rect x="-115" y="-36" width="230" height="36" rx="12" fill="{INK}"/><rect x="-106" y="-48" width="212" height="14" rx="7" fill="#43342b"/>'
        '<rect x="22" y="-28" width="78" height="20" rx="4" fill="#111"/>'
        '<text x="92" y="-12.500" text-anchor="end" font-family="Menlo,Consolas,monospace" font-size="15" fill="#f4d68b">18.0 g</text>'
    )


def lever() -> str:
    """A lever espresso machine, 240 wide and 300 high."""
    return (
        shadow(250)
        + f'<rect x="-110" y="-24" width="220" height="24" rx="8" fill="{INK}"/><rect x="34" y="-206" width="66" height="190" rx="12" fill="{CLAY}"/><rect x="76" y="-206" width="24" height="190" rx="12" fill="#000" opacity=".1"/>'
        f'<path d="M-66-212H96q10 0 10 10v26q0 10-10 10H-66z" fill="{CLAY}"/><rect x="-72" y="-220" width="56" height="96" rx="10" fill="{STEEL}"/><path d="M-30-220h14v96h-14z" fill="#000" opacity=".12"/>'
        f'<path d="M-44-220L-20-300" stroke="{STEEL}" stroke-width="11" stroke-linecap="round"/><path d="M-24-288l10-34" stroke="{INK}" stroke-width="20" stroke-linecap="round"/>'
        f'<rect x="-84" y="-126" width="80" height="18" rx="6" fill="{INK}"/><path d="M-84-117h-58" stroke="{INK}" stroke-width="14" stroke-linecap="round"/><path d="M-52-108h16v16h-16z" fill="{STEEL}"/>'
        '<path d="M-44-92v28" stroke="#5b3a29" stroke-width="5"/>' + at(-44, -24, cup(saucer=False), 0.46)
    )


def parcel(body: str = CRAFT) -> str:
    """A card box tied with a band, 260 wide and 170 high."""
    return (
        shadow(280)
        + f'<path d="M-130-130H130V-6q0 6-6 6H-124q-6 0-6-6z" fill="{body}"/><path d="M60-130h70V-6q0 6-6 6H60z" fill="#000" opacity=".07"/>'
        f'<path d="M-138-164H138V-126H-138z" fill="{body}"/><path d="M-138-164H138V-126H-138z" fill="#fff" opacity=".25"/>'
        f'<rect x="-22" y="-164" width="44" height="164" fill="{CLAY}"/><g transform="translate(0 -72) scale(.42)">{MOTIFS["waves"].format(a=PAPER, b=GOLD)}</g>'
    )


def card() -> str:
    """A gift card leaning on its envelope, 250 wide and 190 high."""
    return (
        shadow(260)
        + f'<rect x="-125" y="-150" width="250" height="150" rx="6" fill="{PAPER}"/><path d="M-125-144L0-56 125-144" fill="none" stroke="{CRAFT}" stroke-width="4"/>'
        f'<g transform="rotate(-7 0 -90)"><rect x="-104" y="-196" width="208" height="128" rx="12" fill="{PINE}"/><g transform="translate(-48 -132) scale(.62)">{MOTIFS["waves"].format(a=PAPER, b=GOLD)}</g>'
        f'<text x="84" y="-86" text-anchor="end" font-family="Georgia,serif" font-size="26" fill="{PAPER}">€50</text></g>'
    )


def bean(colour: str = "#5b3a29") -> str:
    return f'<ellipse rx="15" ry="10" fill="{colour}"/><path d="M-13 2q8-7 13-1t13-3" fill="none" stroke="#2b1e17" stroke-width="2.500" opacity=".6"/>'


def plant() -> str:
    """A potted plant, 150 wide and 230 high."""
    leaf = '<path d="M0-70C-30-120-24-180 0-220C24-180 30-120 0-70z" fill="{0}" transform="rotate({1} 0 -70)"/>'
    return (
        shadow(120)
        + "".join(leaf.format(c, r) for c, r in (("#3d6152", -52), ("#3d6152", 50), (PINE, -24), ("#4b7563", 26), ("#4b7563", 0)))
        + f'<path d="M-52-84H52L40-6q0 6-6 6H-34q-6 0-6-6z" fill="{CLAY}"/><rect x="-58" y="-96" width="116" height="20" rx="5" fill="#c46a45"/>'
    )


def person(skin: str, hair: str, coat: str) -> str:
    """Head and shoulders for a round portrait, 100 wide, from the line y = 0 up."""
    return (
        f'<path d="M-46 0q0-44 46-44T46 0z" fill="{coat}"/><rect x="-11" y="-58" width="22" height="24" rx="10" fill="{skin}"/><circle cy="-70" r="22" fill="{skin}"/>'
        f'<path d="M-24-66q-4-32 24-32t24 32q-6-16-20-18-16 2-28 18z" fill="{hair}"/>'
    )
