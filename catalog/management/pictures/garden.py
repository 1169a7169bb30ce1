"""Tools, pots and things that grow."""

from catalog.management.pictures.canvas import (
    Palette,
    box,
    box_d,
    dark,
    dot,
    flower,
    leaf,
    leaf_d,
    light,
    line,
    on_a_table,
    on_a_wall,
    oval,
    path,
    pattern,
    shadow,
    solid,
    turned,
)

_LEAF, _DEEP, _EARTH = "#7d9a5c", "#2c6b4c", "#4a3629"


def trowel(p: Palette) -> str:
    """A hand trowel and its fork."""
    handle = "q0-26 22-26t22 26l-6 92h-32z"
    blade = solid("M106 236q34-20 68 0v60q-4 46-34 68q-30-22-34-68z", p.a) + line(
        "M140 246v92", dark(p.a, 0.3), 4
    )
    fork = line("M226 342v-82q0-24 34-24t34 24v82M260 236v112", p.a, 13)
    trowel_ = (
        solid(f"M118 84{handle}", p.b)
        + box(132, 172, 16, 66, dark(p.a, 0.25))
        + box(124, 166, 32, 14, "#c9a24b", 4)
    )
    fork_ = (
        solid(f"M238 84{handle}", p.b)
        + box(252, 172, 16, 66, dark(p.a, 0.25))
        + box(244, 166, 32, 14, "#c9a24b", 4)
    )
    return on_a_wall(p, turned(-7, 140, 200, trowel_, blade), turned(7, 260, 200, fork_, fork))


def wateringcan(p: Palette) -> str:
    """A watering can with a long spout."""
    body = "M120 190h124l10 128q0 18-18 18H128q-18 0-18-18z"
    return on_a_table(
        p,
        shadow(196, 338, 110),
        path("M240 288l74-118 16 10-66 146z", dark(p.a, 0.08)),
        turned(34, 326, 160, solid(box_d(296, 148, 60, 20, 6), p.b)),
        line("M132 192c6-92 102-92 106 0", dark(p.a, 0.14), 13),
        line("M116 214c-70-10-66 92-4 88", dark(p.a, 0.14), 12),
        solid(body, p.a, pattern(p.pattern, p.b, 106, 186, 150, 150)),
        oval(182, 190, 62, 13, light(p.a, 0.4)),
        oval(182, 192, 50, 9, dark(p.a, 0.4)),
        line("M112 304h140", light(p.a, 0.3), 5),
        line("M342 198q6 14 2 22M356 214q8 14 4 26M334 226q6 14 2 24", "#9dbccb", 5),
    )


def pots(p: Palette) -> str:
    """Three clay pots, one in another's shade."""
    parts = [shadow(204, 338, 140)]
    for x, top, half, clay in (
        (276, 212, 52, dark(p.a, 0.12)),
        (150, 170, 74, p.a),
        (232, 258, 42, light(p.a, 0.15)),
    ):
        foot = half * 0.68
        parts += [
            solid(f"M{x - half + 8} {top + 30}h{2 * half - 16}L{x + foot} 336h{-2 * foot}z", clay),
            solid(box_d(x - half, top, 2 * half, 32, 5), light(clay, 0.08)),
            oval(x, top + 1, half - 4, 7, _EARTH),
        ]
    shoots = leaf(150, 172, -26, 62, _LEAF) + leaf(150, 172, 24, 70, _DEEP) + leaf(150, 172, -2, 92, _LEAF)
    small = leaf(232, 260, -30, 34, _DEEP) + leaf(232, 260, 28, 36, _LEAF)
    return on_a_table(p, *parts, shoots, small)


def seeds(p: Palette) -> str:
    """Packets of seed in a tin."""
    packets = [
        turned(
            angle,
            x,
            300,
            path(box_d(x - 38, 96, 76, 160, 4), paper),
            box(x - 38, 96, 76, 22, dark(paper, 0.25)),
            flower(x, 166, 24, bloom),
            line(f"M{x} 190v40", _DEEP, 4),
        )
        for angle, x, paper, bloom in (
            (-13, 148, "#fbf8f1", p.b),
            (12, 254, "#f4eacb", "#9184ac"),
            (0, 200, "#e3ebd9", "#d6a23e"),
        )
    ]
    body = box_d(96, 222, 208, 114, 10)
    return on_a_table(
        p,
        shadow(200, 338, 124),
        *packets,
        solid(body, p.a),
        box(96, 222, 208, 14, light(p.a, 0.35), 6),
        box(136, 256, 128, 56, "#fbf8f1", 5),
        line("M158 276h84M172 294h56", dark(p.a, 0.3), 4),
    )


def gloves(p: Palette) -> str:
    """A pair of gardening gloves."""
    hand = (
        "M150 336v-78q-4-12-22-34t0-34q14-4 30 22l6 10V118q2-14 14-14t14 14v64h4V98q2-14 14-14t14 14v84h4V106"
        "q2-14 14-14t14 14v84h4v-50q2-13 13-13t13 13v118q0 34-18 50v28z"
    )
    pair = []
    for transform, cloth in (
        ("translate(44 4) rotate(9 220 220)", dark(p.a, 0.12)),
        ("translate(-54 8) rotate(-7 220 220)", p.a),
    ):
        glove = (
            solid(hand, cloth)
            + solid(box_d(144, 312, 128, 44, 9), p.b)
            + line("M150 326h116", light(p.b, 0.4), 3)
        )
        pair.append(f'<g transform="{transform}">{glove}</g>')
    return on_a_wall(p, *pair)


def birdbox(p: Palette) -> str:
    """A nest box with a wren before it."""
    wren = (
        path("M268 172q26-22 50 2q10 26-16 36q-30 2-34-38z", "#8a5a36")
        + path("M312 180l26-26-12 34z", "#6d4527")
        + dot(276, 170, 15, "#9a6842")
        + path("M262 168l-14 4 14 6z", "#d6a23e")
        + dot(272, 166, 3, "#1b2620")
        + oval(290, 200, 14, 10, "#e6d9bf")
    )
    return on_a_wall(
        p,
        path("M180 60h40v300h-40z", "#a98a63"),
        solid(
            "M116 150l84-58 84 58v150q0 10-10 10H126q-10 0-10-10z",
            p.a,
            pattern("ticking", dark(p.a, 0.1), 116, 90, 168, 230),
        ),
        line("M104 158l96-68 96 68", p.b, 18),
        dot(200, 196, 27, dark(p.a, 0.25)),
        dot(200, 196, 22, "#2a221c"),
        line("M196 246h104", "#7a5237", 9),
        f'<g transform="translate(-14 32)">{wren}</g>',
        leaf(180, 350, -60, 56, _LEAF) + leaf(220, 356, 60, 56, _DEEP) + leaf(184, 336, -86, 40, _DEEP),
    )


def twine(p: Palette) -> str:
    """A spool of twine with its snips."""
    turns = "".join(f"M128 {y}q72 22 144 -4" for y in range(166, 292, 9))
    return on_a_table(
        p,
        shadow(200, 338, 110),
        solid("M126 150h148q12 70 0 148H126q-12-78 0-148z", p.a, line(turns, dark(p.a, 0.2), 3)),
        solid("M104 132q96-22 192 0v22q-96 18-192 0z", p.b),
        oval(200, 133, 96, 14, light(p.b, 0.25)),
        oval(200, 133, 20, 5, dark(p.b, 0.5)),
        solid("M104 296q96 18 192 0v22q-96 30-192 0z", p.b),
        line("M272 268c60 6 40 66 84 58", p.a, 5),
    )


def fern(p: Palette) -> str:
    """A fern in a pot."""
    fronds = []
    lengths = ((-72, 116), (72, 116), (-48, 140), (48, 140), (-24, 156), (24, 156), (0, 166))
    for n, (angle, size) in enumerate(lengths):
        pairs = "".join(
            leaf_d(200, 226 - size * step / 9, side * 60, 48 - step * 4.4)
            for step in range(2, 10)
            for side in (-1, 1)
        )
        green = _LEAF if n % 2 else _DEEP
        fronds.append(
            turned(angle, 200, 226, path(pairs, green), line(f"M200 226v{-size - 8}", dark(green, 0.1), 3.5))
        )
    return on_a_table(
        p,
        shadow(200, 338, 84),
        *fronds,
        solid("M140 240h120l-14 96h-92z", p.a, pattern(p.pattern, p.b, 136, 240, 128, 100)),
        solid(box_d(130, 216, 140, 30, 6), light(p.a, 0.1)),
    )


def snips(p: Palette) -> str:
    """Garden snips, open."""
    half = "M196 196q-10-70-4-128q20 30 22 124z"
    loop = "M198 198q-46 22-62 84q-8 52 22 56t34-52l16-80"
    return on_a_wall(
        p,
        turned(-17, 200, 200, path(half, light(p.a, 0.2)), line(loop, p.b, 15)),
        '<g transform="translate(400 0) scale(-1 1)">'
        + turned(-17, 200, 200, path(half, p.a), line(loop, dark(p.b, 0.15), 15))
        + "</g>",
        dot(200, 200, 13, "#c9a24b"),
        dot(200, 200, 5, "#7a5f22"),
        leaf(300, 116, 50, 60, _LEAF)
        + leaf(300, 116, 4, 52, _DEEP)
        + line("M300 116q-14 16-34 22", _DEEP, 4),
    )


def trug(p: Palette) -> str:
    """A trug full of vegetables."""
    carrots = "".join(
        turned(
            angle,
            x,
            236,
            path(f"M{x - 17} 196q17-14 34 0l-15 90z", "#d98237"),
            leaf(x, 194, -18, 44, _LEAF),
            leaf(x, 194, 16, 48, _DEEP),
        )
        for angle, x in ((-24, 138), (-6, 172))
    )
    beets = dot(226, 214, 31, "#8b3550") + line("M226 186q-4-30-18-46M228 186q6-32 20-44", "#8b3550", 5)
    greens = (
        leaf(208, 142, -20, 44, _LEAF)
        + leaf(248, 144, 24, 46, _LEAF)
        + dot(276, 222, 27, "#b9c77a")
        + dot(268, 214, 8, "#d3dd9c")
    )
    body = "M72 230h256q-8 96-70 104H142q-62-8-70-104z"
    return on_a_table(
        p,
        shadow(200, 338, 130),
        line("M92 240c0-190 216-190 216 0", dark(p.a, 0.12), 14),
        carrots,
        beets,
        greens,
        solid(body, p.a, line("M60 262h280M60 296h280", dark(p.a, 0.2), 4)),
        box(64, 224, 272, 16, p.b, 7),
        line("M150 242l8 92M250 242l-8 92", p.b, 9),
    )
