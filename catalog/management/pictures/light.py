"""Candles, lamps and what holds them."""

from catalog.management.pictures.canvas import (
    Palette,
    box,
    box_d,
    dark,
    dot,
    flame,
    leaf,
    light,
    line,
    mix,
    on_a_table,
    on_a_wall,
    oval,
    path,
    pattern,
    shadow,
    solid,
    turned,
)


def pillar(p: Palette) -> str:
    """Two pillar candles on a dish."""
    parts = [shadow(200, 340, 140)]
    for x, top, half, wax in ((238, 214, 46, dark(p.a, 0.08)), (160, 150, 54, p.a)):
        body = f"M{x - half} {top}v{316 - top}q{half} 18 {2 * half} 0V{top}z"
        drip = f"M{x + half - 18} {top}v34q0 10 7 10t7-10V{top}z"
        parts += [
            flame(x, top, 0.9),
            solid(body, wax, pattern(p.pattern, mix(wax, p.b, 0.5), x - half, top, 2 * half, 170)),
            path(drip, light(wax, 0.35)),
            oval(x, top, half, 11, light(wax, 0.45)),
            line(f"M{x} {top}v-10", "#3a3f40", 3),
        ]
    dish = path("M66 308h268q-10 30-44 30H110q-34 0-44-30z", p.b) + box(66, 304, 268, 8, light(p.b, 0.3), 4)
    return on_a_table(p, *parts, dish)


def tapers(p: Palette) -> str:
    """A pair of tapers in turned holders."""
    parts = [shadow(200, 340, 130)]
    for x, top, wax in ((140, 96, p.a), (258, 132, light(p.a, 0.25))):
        holder = f"M{x - 20} 256h40l-6 20q16 12 4 28q34 6 38 32h-112q4-26 38-32q-12-16 4-28z"
        parts += [flame(x, top, 0.8), solid(f"M{x - 9} {top}h18l5 166h-28z", wax), solid(holder, p.b)]
    return on_a_table(p, *parts)


def tin(p: Palette) -> str:
    """A scented candle in a tin, its lid beside it."""
    body = "M96 200v112q0 22 80 22t80-22V200z"
    label = box(118, 232, 116, 70, "#fbf8f1", 4) + line("M140 284h72", dark(p.a, 0.3), 3)
    sprig = leaf(176, 272, -50, 28, p.b) + leaf(176, 272, 50, 28, p.b) + leaf(176, 272, 0, 32, p.b)
    lid = solid("M262 326q-4-64 36-112l20 8q22 60-10 112z", dark(p.a, 0.1)) + oval(292, 272, 22, 56, p.a)
    return on_a_table(
        p,
        shadow(206, 336, 130),
        turned(8, 292, 272, lid),
        flame(176, 196, 0.9),
        solid(body, p.a),
        oval(176, 200, 80, 19, light(p.a, 0.4)),
        oval(176, 202, 70, 14, "#f7ecd2"),
        line("M176 204v-14", "#3a3f40", 3),
        label,
        sprig,
    )


def glass(p: Palette) -> str:
    """A candle in a tumbler of glass."""
    body = "M120 168l10 148q2 20 22 20h96q20 0 22-20l10-148z"
    wax = "M116 214h170v130H116z"
    return on_a_table(
        p,
        shadow(200, 338, 92),
        path(body, light(p.a, 0.5), 'opacity=".7"'),
        solid(body, "none", path(wax, p.a), oval(200, 214, 77, 13, light(p.a, 0.35))),
        oval(200, 168, 80, 13, "#ffffff", 'opacity=".55"'),
        flame(200, 214, 0.95),
        box(152, 246, 96, 62, p.b, 6),
        line("M170 268h60M178 286h44", light(p.b, 0.7), 4),
    )


def lantern(p: Palette) -> str:
    """A storm lantern with a candle inside."""
    return on_a_table(
        p,
        shadow(200, 340, 104),
        line("M160 96q0-50 40-50t40 50", dark(p.a, 0.1), 7),
        solid("M128 148q14-52 72-60q58 8 72 60z", p.a),
        box(136, 148, 128, 158, mix(p.b, "#fff3d0", 0.55)),
        solid(box_d(176, 236, 48, 70, 4), "#f4ecdc"),
        flame(200, 236, 1),
        line("M140 150v154M260 150v154M200 150v20", dark(p.a, 0.05), 9),
        line("M136 226h128", dark(p.a, 0.05), 4),
        path("M152 160h14v130h-14z", "#ffffff", 'opacity=".45"'),
        solid("M116 300h168l8 36H108z", p.a),
        box(122, 142, 156, 12, light(p.a, 0.18), 5),
    )


def lamp(p: Palette) -> str:
    """A table lamp with a linen shade."""
    base = "M200 214q62 8 62 66q0 40-28 56h-68q-28-16-28-56q0-58 62-66z"
    return on_a_table(
        p,
        dot(200, 186, 142, "#fff6da"),
        shadow(200, 338, 84),
        box(193, 186, 14, 34, dark(p.b, 0.35)),
        solid(base, p.a, pattern(p.pattern, light(p.a, 0.3), 136, 210, 130, 130)),
        solid("M146 76h108l42 122H104z", p.b, pattern("ticking", dark(p.b, 0.06), 100, 70, 200, 130)),
        line("M147 78h106M106 196h188", light(p.b, 0.5), 5),
        line("M232 200v34", dark(p.b, 0.4), 2.5),
        dot(232, 238, 6, dark(p.a, 0.2)),
    )


def chamberstick(p: Palette) -> str:
    """A candlestick to carry upstairs."""
    return on_a_table(
        p,
        shadow(200, 340, 140),
        flame(186, 132, 1),
        solid("M170 132h32v126h-32z", "#f4ecdc", path("M192 132v40q0 8 5 8t5-8v-40z", "#fffaf0")),
        solid("M154 248h64l-8 62h-48z", p.a),
        box(148, 242, 76, 12, light(p.a, 0.35), 6),
        line("M286 316c62-10 56-62 12-52", dark(p.a, 0.12), 12),
        solid("M70 304h236q-12 32-56 32H126q-44 0-56-32z", p.a),
        box(64, 298, 248, 10, light(p.a, 0.35), 5),
    )


def fairylights(p: Palette) -> str:
    """A string of small lights on a hazel twig."""
    drops = ((70, 128), (112, 168), (158, 190), (206, 196), (254, 188), (300, 164), (336, 126))
    bulbs = [
        dot(x, y + 26, 30, "#ffd98a").replace("/>", ' opacity=".3"/>')
        + line(f"M{x} {y}v10", dark(p.a, 0.4), 3)
        + box(x - 6, y + 8, 12, 10, dark(p.a, 0.2), 3)
        + path(f"M{x} {y + 46}q-15-18-7-30h14q8 12-7 30z", p.b)
        for x, y in drops
    ]
    twig = line("M36 92c80 16 220 30 330-22", p.a, 11) + line(
        "M250 98q26-34 60-36M118 100q-20-30-44-34", p.a, 7
    )
    wire = line("M44 92Q70 140 122 174Q204 222 284 174Q340 138 358 78", dark(p.a, 0.4), 3)
    leaves = (
        leaf(312, 62, 60, 34, "#7d8f5a")
        + leaf(76, 66, -60, 34, "#7d8f5a")
        + leaf(204, 104, 20, 28, "#7d8f5a")
    )
    below = "".join(
        dot(x, y + 120, r, "#ffe7b3") for x, y, r in ((120, 170, 5), (270, 180, 6), (196, 220, 4))
    )
    return on_a_wall(p, twig, leaves, wire, *bulbs, below)


def matches(p: Palette) -> str:
    """Long matches in a stoppered bottle."""
    sticks = "".join(
        line(f"M{168 + 11 * n} 318L{160 + 14 * n} {152 + (n % 3) * 9}", "#e6c898", 6)
        + dot(160 + 14 * n, 150 + (n % 3) * 9, 7, p.a)
        for n in range(7)
    )
    body = "M146 140q-34 18-34 56v116q0 24 24 24h128q24 0 24-24V196q0-38-34-56z"
    return on_a_table(
        p,
        shadow(200, 338, 96),
        path(body, "#ffffff", 'opacity=".55"'),
        sticks,
        path(body, light(p.b, 0.2), 'opacity=".28"'),
        path("M126 200q0-22 16-32v140q-16-2-16-14z", "#ffffff", 'opacity=".65"'),
        path(box_d(142, 92, 116, 52, 12), "#c69a68"),
        path("M142 122h116v12q0 10-12 10h-92q-12 0-12-10z", "#a97d4e"),
        box(150, 244, 100, 58, p.a, 5),
        line("M168 266h64M178 284h44", light(p.a, 0.75), 4),
    )


def cottage(p: Palette) -> str:
    """A porcelain cottage for a tealight."""
    windows = "".join(
        box(x, y, 34, 40, "#ffd98a", 3) + line(f"M{x + 17} {y}v40M{x} {y + 20}h34", p.a, 4)
        for x, y in ((126, 216), (240, 216), (183, 150))
    )
    return on_a_table(
        p,
        shadow(200, 338, 124),
        solid(box_d(250, 108, 34, 70, 3), dark(p.a, 0.1)),
        solid("M98 206L200 112l102 94v130H98z", p.a),
        line("M84 214L200 104l116 110", p.b, 16),
        windows,
        path("M180 336v-66q0-22 20-22t20 22v66z", "#ffd98a"),
        path("M188 336v-50q0-18 12-18t12 18v50z", "#fff0c2"),
        line("M122 280v30M138 292v18M272 280v30", p.b, 6),
    )
