"""Things that keep a house in order, or make it look well."""

from catalog.management.pictures.canvas import (
    Palette,
    box,
    box_d,
    dark,
    dot,
    flower,
    leaf,
    light,
    line,
    on_a_table,
    on_a_wall,
    oval,
    path,
    pattern,
    ring,
    shadow,
    solid,
    turned,
)


def basket(p: Palette) -> str:
    """A woven basket with handles."""
    rows = "".join(
        line("".join(f"M{x + 12 * (n % 2)} {y}q12 -9 24 0" for x in range(60, 340, 24)), dark(p.a, 0.22), 4)
        for n, y in enumerate(range(206, 336, 15))
    )
    body = "M84 186h232q14 80-22 150H106q-36-70-22-150z"
    return on_a_table(
        p,
        shadow(200, 340, 126),
        path("M110 190q-10-66 50-70t56 40q40-44 84 0q14 14 0 34z", p.b),
        path("M150 186q20-50 60-44t40 44z", light(p.b, 0.25)),
        line("M90 226c-58-10-50 66 8 62M310 226c58-10 50 66-8 62", dark(p.a, 0.3), 11),
        solid(body, p.a, rows, box(60, 262, 280, 26, p.b)),
        box(76, 178, 248, 20, light(p.a, 0.18), 9),
        line("".join(f"M{x} 182l10 12" for x in range(84, 314, 16)), dark(p.a, 0.25), 3),
    )


def budvase(p: Palette) -> str:
    """A bud vase with one stem."""
    body = "M184 176h32q-4 50 34 76q24 20 12 54q-8 30-34 30h-56q-26 0-34-30q-12-34 12-54q38-26 34-76z"
    return on_a_table(
        p,
        shadow(200, 338, 80),
        line("M200 196q-6-50 4-104", "#5f7a48", 5),
        leaf(198, 158, -52, 52, "#7d9a5c") + leaf(201, 136, 54, 46, "#5f7a48"),
        flower(204, 84, 36, p.b),
        solid(body, p.a, pattern(p.pattern, light(p.a, 0.35), 130, 176, 140, 160)),
        oval(200, 177, 16, 5, dark(p.a, 0.4)),
    )


def tallvase(p: Palette) -> str:
    """A tall vase of branches."""
    branches = line(
        "M196 160Q170 100 128 56M202 160Q206 90 232 40M208 160Q250 110 286 92M168 112Q150 112 132 122",
        "#7a5237",
        5,
    )
    leaves = "".join(
        leaf(x, y, angle, 38, colour)
        for x, y, angle, colour in (
            (150, 82, -70, p.b), (134, 62, -20, light(p.b, 0.2)), (160, 98, 20, p.b), (218, 76, 60, p.b),
            (228, 52, -14, light(p.b, 0.2)), (212, 104, -50, p.b), (252, 108, 10, p.b),
            (282, 94, 70, light(p.b, 0.2)),
            (236, 124, 110, p.b), (136, 120, -100, light(p.b, 0.2)),
        )
    )  # fmt: skip
    body = "M168 150h64q-6 26 14 60q22 60-6 126h-80q-28-66-6-126q20-34 14-60z"
    return on_a_table(
        p,
        shadow(200, 338, 76),
        branches,
        leaves,
        solid(body, p.a, pattern(p.pattern, light(p.a, 0.4), 140, 160, 120, 180)),
        oval(200, 150, 33, 7, light(p.a, 0.4)),
        oval(200, 151, 25, 4, dark(p.a, 0.45)),
    )


def clock(p: Palette) -> str:
    """A wall clock at ten past ten."""
    hours = "".join(
        turned(30 * n, 200, 200, line("M200 92v16", p.a, 6 if n % 3 == 0 else 3)) for n in range(12)
    )
    return on_a_wall(
        p,
        oval(207, 211, 140, 140, "#1b2620", 'opacity=".16"'),
        dot(200, 200, 140, p.a),
        dot(200, 200, 128, dark(p.a, 0.25)),
        dot(200, 200, 124, "#fbf8f1"),
        hours,
        line("M200 200L146 152", dark(p.a, 0.2), 9),
        line("M200 200L272 146", dark(p.a, 0.2), 6),
        line("M200 226L190 116", p.b, 3),
        dot(200, 200, 10, p.b),
        path("M96 156q24-58 84-72q-50 24-70 80z", "#ffffff", 'opacity=".6"'),
    )


def pegrail(p: Palette) -> str:
    """A rail of pegs with a hat, a scarf and a key."""
    pegs = "".join(solid(box_d(x - 9, 128, 18, 40, 8), dark(p.a, 0.18)) for x in (92, 164, 236, 308))
    hat = (
        path("M40 226q52-26 104 0q-6 20-52 20t-52-20z", "#d9bd94")
        + path("M62 220q0-52 30-52t30 52q-30 10-60 0z", "#e6cfa8")
        + line("M62 214q30 12 60 0", p.b, 8)
    )
    scarf = solid(
        "M152 160h24q10 90 2 176h-34q-8-90 8-176z",
        p.b,
        pattern("stripes", light(p.b, 0.35), 136, 180, 60, 156),
    ) + line("M148 338v16M158 338v16M168 338v16", p.b, 4)
    key = (
        line("M308 166v20", "#c8a878", 4)
        + ring(308, 206, 17, "#c9a24b", 8)
        + line("M308 224v60m0-18h16m-16 16h12", "#c9a24b", 8)
    )
    bag = line("M236 164l-22 56M236 164l24 56", dark(p.b, 0.1), 6) + solid(
        "M204 216h66l8 84h-82z", "#f4ecdc", pattern("check", p.b, 200, 216, 76, 84)
    )
    return on_a_wall(
        p,
        path(box_d(48, 112, 312, 44, 8), "#1b2620", 'opacity=".13"'),
        solid(box_d(44, 104, 312, 44, 8), p.a),
        line("M60 118h120M210 130h120", dark(p.a, 0.15), 2.5),
        pegs,
        hat,
        scarf,
        bag,
        key,
    )


def caddy(p: Palette) -> str:
    """A tea caddy with its lid."""
    body = box_d(118, 166, 164, 170, 12)
    return on_a_table(
        p,
        shadow(200, 338, 96),
        solid(body, p.a, pattern(p.pattern, p.b, 118, 166, 164, 170)),
        solid(box_d(110, 120, 180, 54, 14), dark(p.a, 0.14)),
        line("M112 170h176", dark(p.a, 0.4), 4),
        dot(200, 110, 15, p.b),
        box(150, 214, 100, 74, "#fbf8f1", 37),
        leaf(200, 276, -38, 44, "#7d9a5c") + leaf(200, 276, 38, 44, "#2c6b4c"),
    )


def brush(p: Palette) -> str:
    """A dustpan and its brush."""
    pan = "M70 214h180l26 116H44z"
    bristles = "".join(f"M{x} 168l{-4 + n % 3 * 4} 60" for n, x in enumerate(range(228, 340, 7)))
    return on_a_wall(
        p,
        path(pan, "#1b2620", 'opacity=".14" transform="translate(7 9)"'),
        solid("M146 84h28l8 134h-44z", p.b),
        dot(160, 102, 6, dark(p.b, 0.5)),
        solid(pan, p.a, line("M86 240h150M80 268h164", dark(p.a, 0.15), 3)),
        line("M46 330h228", light(p.a, 0.4), 6),
        turned(
            16,
            284,
            170,
            line(bristles, "#c8a878", 5),
            solid(box_d(218, 138, 130, 36, 14), p.b),
            solid("M272 64q12-14 24 0l6 78h-36z", p.b),
        ),
    )


def frame(p: Palette) -> str:
    """A picture frame with a pressed fern."""
    outer = box_d(92, 64, 216, 276, 4)
    frond = "".join(
        leaf(200, 262 - 16 * n, side * 58, 48 - 4.5 * n, p.b) for n in range(8) for side in (-1, 1)
    )
    return on_a_wall(
        p,
        path(outer, "#1b2620", 'opacity=".16" transform="translate(8 10)"'),
        path(outer, p.a),
        path("M92 64l24 24v228l-24 24z", light(p.a, 0.22)),
        path("M308 64l-24 24v228l24 24z", dark(p.a, 0.14)),
        box(116, 88, 168, 228, "#fbf8f1"),
        box(136, 110, 128, 184, "#f3eee0"),
        line("M200 280V128", p.b, 4),
        frond,
        leaf(200, 140, 0, 24, p.b),
        path("M116 88h70L116 200z", "#ffffff", 'opacity=".5"'),
    )


def soap(p: Palette) -> str:
    """Bars of soap on a dish."""
    upper, lower = box_d(128, 180, 150, 58, 18), box_d(110, 238, 180, 62, 18)
    return on_a_table(
        p,
        shadow(200, 338, 140),
        solid(lower, p.a, pattern("speckle", dark(p.a, 0.25), 110, 238, 180, 62)),
        solid(box_d(164, 234, 70, 68), p.b),
        line("M178 256h42M184 272h30", light(p.b, 0.7), 3.5),
        turned(-4, 203, 209, solid(upper, light(p.a, 0.3)), line("M164 208h78", dark(p.a, 0.2), 4)),
        solid("M64 298h272q-14 38-56 38H120q-42 0-56-38z", "#b98a5b"),
        line("M84 310h232", "#9a6f43", 3),
        dot(296, 168, 13, "#ffffff").replace("/>", ' opacity=".7"/>'),
        dot(316, 142, 8, "#ffffff").replace("/>", ' opacity=".7"/>'),
        dot(108, 196, 10, "#ffffff").replace("/>", ' opacity=".7"/>'),
    )


def mirror(p: Palette) -> str:
    """A round mirror on a strap."""
    return on_a_wall(
        p,
        dot(200, 48, 9, dark(p.b, 0.3)),
        line("M200 48L118 142M200 48l82 94", p.b, 10),
        oval(207, 227, 118, 118, "#1b2620", 'opacity=".15"'),
        dot(200, 218, 118, p.a),
        dot(200, 218, 104, dark(p.a, 0.25)),
        dot(200, 218, 101, "#cfe0e3"),
        path("M118 276Q128 176 236 124q18 6 30 18Q170 186 138 296q-12-8-20-20z", "#e6f0f1"),
        path("M168 312Q182 222 288 170q6 10 8 18Q208 236 188 318z", "#e6f0f1"),
        box(100, 128, 30, 18, dark(p.b, 0.1), 4) + box(270, 128, 30, 18, dark(p.b, 0.1), 4),
    )
