"""Brushes: flat shapes with a lit side and a shaded side, patterns, and the scene that they stand in."""

from cmath import rect
from collections.abc import Iterable
from dataclasses import dataclass
from math import radians
from random import Random
from zlib import crc32

INK = {
    "ash": "#d9bd94", "berry": "#9c3a45", "brass": "#c9a24b", "charcoal": "#3a3f40", "clay": "#c4714a",
    "copper": "#b87448", "cream": "#f4ecdc", "fern": "#2c6b4c", "harbour": "#3f6479", "heather": "#9184ac",
    "honey": "#e2b65b", "ink": "#27343a", "jute": "#c8a878", "moss": "#7d8f5a", "mustard": "#d6a23e",
    "oat": "#e6d9bf", "plum": "#6d3f56", "rose": "#d39a94", "sage": "#a9b99a", "sky": "#9dbccb",
    "slate": "#56646b", "snow": "#fbf8f1", "terracotta": "#b85c38", "tin": "#b9c0bf", "walnut": "#7a5237",
    "wood": "#b98a5b",
}  # fmt: skip
GROUNDS = {
    "blush": "#f3e2d9", "butter": "#f4eacb", "dusk": "#3d5058", "leaf": "#e3ebd9", "lilac": "#e8e2ec",
    "mist": "#dde8ea", "sand": "#efe4d3",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one picture, by name, and a pattern for whatever has one."""

    main: str
    second: str
    ground: str
    pattern: str = ""

    @property
    def a(self) -> str:
        """The main colour."""
        return INK[self.main]

    @property
    def b(self) -> str:
        """The second colour."""
        return INK[self.second]


def mix(one: str, other: str, share: float) -> str:
    """A colour that is `share` of the way from one to the other."""
    pairs = ((int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def dark(colour: str, share: float = 0.25) -> str:
    """The colour in the shade."""
    return mix(colour, "#1b2620", share)


def light(colour: str, share: float = 0.3) -> str:
    """The colour in the light."""
    return mix(colour, "#ffffff", share)


def path(d: str, fill: str, more: str = "") -> str:
    """A filled shape."""
    return f'<path d="{d}" fill="{fill}" {more}/>'.replace(" />", "/>")


def ring(x: float, y: float, r: float, colour: str, width: float) -> str:
    """A drawn circle."""
    return f'<circle cx="{x}" cy="{y}" r="{r}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def line(d: str, colour: str, width: float = 3, more: str = "") -> str:
    """A drawn line with round ends."""
    return (
        f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}" '
        f'stroke-linecap="round" stroke-linejoin="round" {more}/>'
    ).replace(" />", "/>")


def oval(x: float, y: float, rx: float, ry: float, fill: str, more: str = "") -> str:  # noqa: PLR0917
    """A filled ellipse."""
    return f'<ellipse cx="{x}" cy="{y}" rx="{rx}" ry="{ry}" fill="{fill}" {more}/>'.replace(" />", "/>")


def dot(x: float, y: float, r: float, fill: str) -> str:
    """A filled circle."""
    return f'<circle cx="{x}" cy="{y}" r="{r}" fill="{fill}"/>'


def box(x: float, y: float, w: float, h: float, fill: str, round_: float = 0) -> str:  # noqa: PLR0917
    """A filled rectangle."""
    return f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{round_}" fill="{fill}"/>'


def box_d(x: float, y: float, w: float, h: float, r: float = 0) -> str:
    """The outline of a rectangle with round corners."""
    return (
        f"M{x + r} {y}h{w - 2 * r}q{r} 0 {r} {r}v{h - 2 * r}q0 {r} {-r} {r}"
        f"h{-(w - 2 * r)}q{-r} 0 {-r} {-r}v{-(h - 2 * r)}q0 {-r} {r} {-r}z"
    )


def turned(angle: float, x: float, y: float, *parts: str) -> str:
    """Parts turned about a point."""
    return f'<g transform="rotate({angle} {x} {y})">{"".join(parts)}</g>'


def solid(d: str, fill: str, *inside: str) -> str:
    """A shape with a lit left side and a shaded right side; what is inside stays inside."""
    drawn = path(d, fill)
    if inside:
        clip = f"c{crc32(d.encode()) % 99991}"
        drawn += f'<clipPath id="{clip}"><path d="{d}"/></clipPath>'
        drawn += f'<g clip-path="url(#{clip})">{"".join(inside)}</g>'
    return drawn + path(d, "url(#s)")


def shadow(x: float, y: float, rx: float, ry: float = 10) -> str:
    """What a thing throws on the table."""
    return oval(x, y, rx, ry, "#1b2620", 'opacity=".16"')


def leaf_d(x: float, y: float, angle: float, size: float) -> str:
    """The outline of a leaf that grows from (x, y) in the direction of the angle; 0 points up."""
    turn = rect(1, radians(angle - 90))
    tip, side = size * turn, size * 0.3 * turn * 1j
    left, right = tip / 2 - side, -tip / 2 + side
    return (
        f"M{x:.0f} {y:.0f}q{left.real:.0f} {left.imag:.0f} {tip.real:.0f} {tip.imag:.0f}"
        f"q{right.real:.0f} {right.imag:.0f} {-tip.real:.0f} {-tip.imag:.0f}z"
    )


def leaf(x: float, y: float, angle: float, size: float, fill: str) -> str:
    """A leaf with its vein."""
    vein = size * 0.75 * rect(1, radians(angle - 90))
    stalk = line(f"M{x:.0f} {y:.0f}l{vein.real:.0f} {vein.imag:.0f}", dark(fill, 0.18), 1.5)
    return path(leaf_d(x, y, angle, size), fill) + stalk


def flower(x: float, y: float, size: float, petals: str, heart: str = "#e2b65b") -> str:
    """Five petals and a heart."""
    round_ = (turned(72 * n, x, y, oval(x, y - size * 0.6, size * 0.4, size * 0.6, petals)) for n in range(5))
    return "".join(round_) + dot(x, y, size * 0.32, heart)


def flame(x: float, y: float, size: float = 1) -> str:
    """A candle flame on its wick, with its glow."""
    s = size
    return (
        f'<circle cx="{x}" cy="{y - 20 * s}" r="{62 * s}" fill="#ffd98a" opacity=".22"/>'
        f'<circle cx="{x}" cy="{y - 20 * s}" r="{36 * s}" fill="#ffd98a" opacity=".3"/>'
        + line(f"M{x} {y}v{-8 * s}", "#3a3f40", 3 * s)
        + path(f"M{x} {y - 46 * s}q{17 * s} {24 * s} 0 {42 * s}q{-17 * s} {-18 * s} 0 {-42 * s}z", "#f2a63b")
        + path(f"M{x} {y - 28 * s}q{9 * s} {14 * s} 0 {24 * s}q{-9 * s} {-10 * s} 0 {-24 * s}z", "#fff0c2")
    )


def pattern(kind: str, colour: str, x: float, y: float, w: float, h: float) -> str:  # noqa: PLR0917
    """A pattern that fills the box; to be put inside a `solid`."""
    return "".join(_PATTERNS[kind](colour, x, y, w, h)) if kind else ""


def _stripes(colour: str, x: float, y: float, w: float, h: float) -> Iterable[str]:
    return (box(x, y + h * n / 9, w, h / 18, colour) for n in range(1, 9))


def _band(colour: str, x: float, y: float, w: float, h: float) -> Iterable[str]:
    return (box(x, y + h * 0.2, w, h * 0.1, colour), box(x, y + h * 0.35, w, h * 0.03, colour))


def _dip(colour: str, x: float, y: float, w: float, h: float) -> Iterable[str]:
    wave = f"M{x} {y + h * 0.55}q{w * 0.25} {-h * 0.09} {w * 0.5} 0t{w * 0.5} 0V{y + h}H{x}z"
    return (path(wave, colour),)


def _ticking(colour: str, x: float, y: float, w: float, h: float) -> Iterable[str]:
    for n in range(1, 10):
        yield box(round(x + w * n / 10 - w / 60, 1), y, round(w / 30, 1), h, colour)
        yield box(round(x + w * n / 10 + w / 40, 1), y, 1.5, h, colour)


def _check(colour: str, x: float, y: float, w: float, h: float) -> Iterable[str]:
    yield f'<g fill="{colour}" opacity=".5">'
    for n in range(6):
        yield f'<path d="M{x + w * (n + 0.25) / 6:.0f} {y}h{w / 12:.0f}v{h}h{-w / 12:.0f}z"/>'
        yield f'<path d="M{x} {y + h * (n + 0.25) / 6:.0f}h{w}v{h / 12:.0f}h{-w}z"/>'
    yield "</g>"


def _speckle(colour: str, x: float, y: float, w: float, h: float) -> Iterable[str]:
    chance = Random(f"{x}{y}{colour}")
    spots = (
        f"M{x + chance.random() * w:.0f} {y + chance.random() * h:.0f}h.1"
        for _ in range(max(30, int(w * h / 420)))
    )
    return (line("".join(spots), colour, 3.5),)


def _dots(colour: str, x: float, y: float, w: float, h: float) -> Iterable[str]:
    step = w / 7
    spots = (
        f"M{x + step * (n + (0.5 if row % 2 else 1)):.0f} {y + step * 0.8 * (row + 0.6):.0f}h.1"
        for row in range(int(h / step / 0.8) + 1)
        for n in range(7)
    )
    return (line("".join(spots), colour, round(step / 3, 1)),)


def _herringbone(colour: str, x: float, y: float, w: float, h: float) -> Iterable[str]:
    step, rows = w / 12, int(h / (w / 12)) + 2
    zigzag = "".join(f"l{step:.1f} {step * (-1 if n % 2 else 1):.1f}" for n in range(12))
    return (line("".join(f"M{x} {y + row * step:.0f}{zigzag}" for row in range(-1, rows)), colour, 3),)


def _sprigs(colour: str, x: float, y: float, w: float, h: float) -> Iterable[str]:
    return (path("".join(_sprig_leaves(x, y, w, h)), colour),)


def _sprig_leaves(x: float, y: float, w: float, h: float) -> Iterable[str]:
    rows = max(3, round(3 * h / w))
    size = min(w / 3, h / rows)
    for row in range(rows):
        for n in range(3):
            px, py = x + w * (n + 0.35 + 0.3 * (row % 2)) / 3, y + h * (row + 0.75) / rows
            yield "".join(leaf_d(px, py, angle, size * (0.46 if angle else 0.6)) for angle in (-42, 42, 0))


def _fairisle(colour: str, x: float, y: float, w: float, h: float) -> Iterable[str]:
    for row in range(4):
        top, step = y + h * (row + 0.3) / 4, w / 8
        diamonds = "".join(
            f"M{x + step * (n + 0.5):.0f} {top:.0f}l{step * 0.36:.0f} {step * 0.36:.0f} "
            f"{-step * 0.36:.0f} {step * 0.36:.0f} {-step * 0.36:.0f} {-step * 0.36:.0f}z"
            for n in range(8)
        )
        yield path(diamonds, colour) if row % 2 else box(x, round(top), w, round(h / 30), colour)


_PATTERNS = {
    "band": _band, "check": _check, "dip": _dip, "dots": _dots, "fairisle": _fairisle,
    "herringbone": _herringbone, "speckle": _speckle, "sprigs": _sprigs, "stripes": _stripes,
    "ticking": _ticking,
}  # fmt: skip

_FRAME = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400">'
    '<defs><linearGradient id="s"><stop offset=".14" stop-color="#fff" stop-opacity=".22"/>'
    '<stop offset=".14" stop-color="#fff" stop-opacity="0"/><stop offset=".66" stop-opacity="0"/>'
    '<stop offset=".66" stop-opacity=".1"/></linearGradient></defs>'
    "{}</svg>\n"
)


def on_a_table(palette: Palette, *parts: str) -> str:
    """A picture of things that stand on a table."""
    ground = GROUNDS[palette.ground]
    back = box(0, 0, 400, 400, ground) + dot(200, 186, 142, light(ground, 0.34))
    table = box(0, 304, 400, 96, mix(ground, "#8a6f52", 0.22)) + box(
        0, 304, 400, 4, mix(ground, "#8a6f52", 0.36)
    )
    return _FRAME.format(back + table + "".join(parts))


def on_a_wall(palette: Palette, *parts: str) -> str:
    """A picture of things that hang, or lie flat and are seen from above."""
    ground = GROUNDS[palette.ground]
    back = box(0, 0, 400, 400, mix(ground, "#8a6f52", 0.07)) + dot(200, 200, 164, light(ground, 0.3))
    return _FRAME.format(back + "".join(parts))
