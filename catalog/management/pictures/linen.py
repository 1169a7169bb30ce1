"""Blankets, cushions and whatever else is woven or knitted."""

from catalog.management.pictures.canvas import (
    Palette,
    box,
    box_d,
    dark,
    dot,
    flower,
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


def blanket(p: Palette) -> str:
    """A folded throw with fringes."""
    layers = []
    for n, y in enumerate((276, 226, 176)):
        fold = f"M92 {y}h196q34 0 34 29t-34 29H92q-14 0-14-29t14-29z"
        layers.append(solid(fold, light(p.a, 0.07 * n), pattern(p.pattern, p.b, 78, y, 244, 58)))
        layers.append(line(f"M288 {y + 14}q14 2 14 15t-14 15", dark(p.a, 0.2), 3))
    fringe = "".join(f"M{x} 232v34m-3 0l-2 16m5-16l3 16" for x in range(104, 262, 14))
    corner = "M92 176h166v58H96q-18-2-18-29t14-29z"
    return on_a_table(
        p,
        shadow(200, 336, 136),
        *layers,
        solid(corner, light(p.a, 0.18), pattern(p.pattern, p.b, 78, 176, 190, 58)),
        line(fringe, light(p.a, 0.6), 3.5),
    )


def cushion(p: Palette) -> str:
    """A plump cushion with piped edges."""
    body = "M88 118q112-26 224 0q26 104 0 208q-112 24-224 0q-26-104 0-208z"
    return on_a_table(
        p,
        shadow(200, 336, 132, 12),
        turned(
            -4,
            200,
            220,
            solid(body, p.a, pattern(p.pattern, p.b, 76, 104, 248, 240)),
            line(body, dark(p.a, 0.22), 5),
        ),
        line(
            "M104 146q20 12 26 34M298 150q-18 10-26 30M106 300q20-8 28-26M296 296q-18-8-26-24",
            dark(p.a, 0.2),
            3,
        ),
    )


def towels(p: Palette) -> str:
    """Two tea towels on a rail."""
    parts = [line("M60 96h280", "#7a5237", 11), dot(60, 96, 12, "#5d3d28"), dot(340, 96, 12, "#5d3d28")]
    for x, cloth, marks, kind in ((86, p.a, p.b, p.pattern), (212, light(p.b, 0.35), p.a, "stripes")):
        sheet = f"M{x} 92h102v206q-26 10-51 2t-51 2z"
        hem = line(f"M{x + 4} 284q24-8 47 0t47 0", dark(cloth, 0.2), 2.5)
        parts += [
            path(sheet, "#1b2620", 'opacity=".12" transform="translate(8 10)"'),
            solid(sheet, cloth, pattern(kind, marks, x, 92, 102, 214)),
            hem,
        ]
    return on_a_wall(p, *parts)


def apron(p: Palette) -> str:
    """A baker's apron on its peg."""
    body = "M152 132h96q2 54 50 74v148H102V206q48-20 50-74z"
    return on_a_wall(
        p,
        dot(200, 62, 11, "#7a5237"),
        line("M156 136q6-74 44-74t44 74", dark(p.b, 0.15), 8),
        line("M104 224q-44 6-56 52M296 224q44 6 56 52", dark(p.b, 0.15), 7),
        path(body, "#1b2620", 'opacity=".12" transform="translate(8 9)"'),
        solid(body, p.a, pattern(p.pattern, p.b, 102, 132, 196, 222)),
        path(box_d(140, 242, 120, 68, 8), light(p.a, 0.12)),
        line(
            "M146 248h108M200 250v54M140 256v42q0 12 12 12h96q12 0 12-12v-42",
            dark(p.a, 0.28),
            2.5,
            'stroke-dasharray="6 6"',
        ),
        line("M108 340h184", dark(p.a, 0.28), 2.5, 'stroke-dasharray="6 6"'),
    )


def napkins(p: Palette) -> str:
    """A stack of napkins tied with a ribbon."""
    stack = "".join(
        solid(box_d(92, 296 - 26 * n, 216, 30, 13), light(p.a, 0.12 * (n % 3)) if n % 2 else p.b)
        for n in range(5)
    )
    return on_a_table(
        p,
        shadow(200, 334, 126),
        stack,
        line("M200 190v134", dark(p.a, 0.35), 9),
        path("M200 186q-56-46-62-8q0 28 62 8zM200 186q56-46 62-8q0 28-62 8z", dark(p.a, 0.3)),
        line("M198 190l-30 44M202 190l30 44", dark(p.a, 0.3), 8),
        dot(200, 186, 10, dark(p.a, 0.45)),
    )


def socks(p: Palette) -> str:
    """A pair of bed socks."""
    outline = "M150 70h74v128q0 26 22 40l44 30q24 20 8 46t-44 16l-84-42q-30-16-24-54z"
    pair = []
    for dx, dy, cloth in ((26, -8, dark(p.a, 0.12)), (-34, 14, p.a)):
        sock = (
            solid(outline, cloth, pattern(p.pattern, p.b, 140, 110, 180, 170)),
            box(144, 66, 86, 36, p.b, 9),
            line("M158 72v24M172 72v24M186 72v24M200 72v24M214 72v24", dark(p.b, 0.2), 3),
            path("M262 256q44 18 40 50t-44 24q-18-30 4-74z", p.b),
            path("M146 236q4 44 40 54q26-32 4-62q-26-6-44 8z", p.b),
        )
        pair.append(f'<g transform="translate({dx} {dy})">{"".join(sock)}</g>')
    return on_a_wall(p, oval(196, 352, 120, 9, "#1b2620", 'opacity=".1"'), *pair)


def hotwater(p: Palette) -> str:
    """A hot water bottle in a knitted cover."""
    body = "M136 130q-36 10-36 46v128q0 40 40 40h120q40 0 40-40V176q0-36-36-46l-18-34h-92z"
    return on_a_wall(
        p,
        path(body, "#1b2620", 'opacity=".13" transform="translate(8 9)"'),
        solid(box_d(168, 50, 64, 34, 10), "#56646b"),
        path("M172 80h56l8 20h-72z", "#6c7a80"),
        solid(body, p.a, pattern(p.pattern, p.b, 100, 150, 200, 196)),
        path(box_d(146, 92, 108, 44, 14), light(p.a, 0.2)),
        line("".join(f"M{x} 100v28" for x in range(158, 250, 12)), dark(p.a, 0.22), 3),
        path("M190 136q-30 26-42 20t40-24zM210 136q30 26 42 20t-40-24z", p.b),
        dot(200, 138, 8, dark(p.b, 0.2)),
    )


def tote(p: Palette) -> str:
    """A market tote with flowers in it."""
    stems = line("M176 170q-8-50-20-78M212 170q0-60 10-96M238 170q18-40 34-58", "#6b7f4c", 6)
    blooms = flower(156, 88, 26, p.b) + flower(222, 72, 28, light(p.b, 0.35)) + flower(274, 108, 23, p.b)
    body = "M96 164h208l18 172H78z"
    return on_a_table(
        p,
        shadow(200, 338, 132),
        stems,
        blooms,
        solid(body, p.a, pattern(p.pattern, p.b, 76, 160, 248, 180)),
        line("M142 168v-30q0-60 58-60M258 168v-30q0-60-58-60", dark(p.a, 0.22), 11),
        line("M96 180h208", dark(p.a, 0.2), 3, 'stroke-dasharray="7 6"'),
        box(164, 224, 72, 62, light(p.a, 0.4), 5),
        path("M200 276q-22-24 0-46q22 22 0 46z", p.b),
    )


def rug(p: Palette) -> str:
    """A rag rug, seen from above."""
    tassels = "".join(f"M{x} 92v-22M{x} 308v22" for x in range(76, 332, 17))
    weave = "".join(
        line(f"M64 {y}q34 -8 68 0t68 0t68 0t68 0", colour, 9)
        for y, colour in zip(
            range(104, 304, 12), [p.a, light(p.a), p.b, light(p.a), p.a, light(p.b, 0.4)] * 3, strict=False
        )
    )
    body = box_d(60, 90, 280, 220, 10)
    return on_a_wall(
        p,
        path(body, "#1b2620", 'opacity=".13" transform="translate(7 9)"'),
        line(tassels, "#e6d9bf", 5),
        solid(body, dark(p.a, 0.12), weave),
    )


def tablecloth(p: Palette) -> str:
    """A round table under a cloth, with a vase."""
    cloth = "M70 188q130-34 260 0l26 150q-26 12-48-4t-54 6t-54-2t-54 2t-54-6t-48 4z"
    return on_a_table(
        p,
        shadow(200, 346, 160),
        solid(cloth, p.a, pattern(p.pattern, p.b, 44, 176, 312, 176)),
        oval(200, 188, 130, 25, light(p.a, 0.3)),
        line("M122 212q-8 70-14 122M200 216v118M278 212q8 70 14 122", dark(p.a, 0.14), 3),
        line("M200 150V96M196 130q-18-20-30-24M204 124q18-16 28-18", "#6b7f4c", 5),
        flower(200, 84, 22, p.b)
        + flower(160, 100, 17, light(p.b, 0.3))
        + flower(238, 100, 17, light(p.b, 0.3)),
        solid("M182 142h36q16 24 4 46h-44q-12-22 4-46z", "#fbf8f1"),
    )
