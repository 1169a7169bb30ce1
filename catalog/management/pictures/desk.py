"""Paper, pencils and everything for a letter."""

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


def _lying(d: str) -> str:
    return path(d, "#1b2620", 'opacity=".14" transform="translate(8 10)"')


def notebook(p: Palette) -> str:
    """A cloth-bound notebook with a ribbon and a label."""
    cover = box_d(98, 66, 204, 268, 10)
    return on_a_wall(
        p,
        turned(
            -6,
            200,
            200,
            _lying(cover),
            path(box_d(108, 74, 202, 268, 8), "#f6efe0"),
            line("M306 84v248M302 84v250", "#d8cdb8", 1.5),
            solid(cover, p.a, pattern(p.pattern, p.b, 126, 66, 176, 268)),
            box(98, 66, 28, 268, dark(p.a, 0.28), 8),
            box(158, 118, 112, 68, "#fbf8f1", 4),
            line("M176 142h76M188 162h52", dark(p.a, 0.3), 4),
            path("M262 330h16v44l-8-9-8 9z", p.b),
        ),
    )


def pencils(p: Palette) -> str:
    """A pot of pencils."""
    sticks = []
    for angle, x, coat in ((-15, 160, p.b), (-5, 184, "#d6a23e"), (5, 212, p.a), (15, 240, "#7d9a5c")):
        sticks.append(
            turned(
                angle,
                x,
                300,
                path(f"M{x - 12} 110l12-42 12 42z", "#ecd3a8"),
                path(f"M{x - 4} 84l4-16 4 16z", dark(coat, 0.4)),
                solid(box_d(x - 12, 108, 24, 150), coat),
            )
        )
    body = "M118 208h164l-12 112q-2 16-18 16H148q-16 0-18-16z"
    return on_a_table(
        p,
        shadow(200, 338, 92),
        *sticks,
        solid(body, light(p.a, 0.35), pattern(p.pattern, p.b, 116, 208, 168, 130)),
        oval(200, 208, 82, 11, dark(p.a, 0.2)),
    )


def cards(p: Palette) -> str:
    """A greeting card and its envelope."""
    envelope = box_d(74, 172, 214, 148, 6)
    card = box_d(160, 74, 164, 214, 6)
    picture = (
        line("M242 250v-84M242 214q-26-12-34-34M242 204q26-12 34-34", "#2c6b4c", 5)
        + flower(242, 150, 27, p.b)
        + flower(204, 172, 19, light(p.b, 0.35))
        + flower(280, 164, 19, p.a)
        + leaf(242, 250, -52, 40, "#7d9a5c")
        + leaf(242, 250, 52, 40, "#7d9a5c")
    )
    return on_a_wall(
        p,
        turned(
            -9,
            180,
            246,
            _lying(envelope),
            solid(envelope, p.a),
            line("M80 178l101 82 101-82", dark(p.a, 0.22), 4),
        ),
        turned(7, 242, 180, _lying(card), path(card, "#fbf8f1"), picture, line("M212 268h60", p.a, 4)),
    )


def wrap(p: Palette) -> str:
    """Rolls of wrapping paper."""
    rolls = []
    for angle, x, paper, marks, kind in (
        (-10, 128, p.a, p.b, p.pattern),
        (0, 200, p.b, light(p.a, 0.4), "dots"),
        (10, 272, "#f4ecdc", p.a, "stripes"),
    ):
        body = f"M{x - 32} 84v244q32 16 64 0V84z"
        rolls.append(
            turned(
                angle,
                x,
                330,
                solid(body, paper, pattern(kind, marks, x - 32, 84, 64, 256)),
                oval(x, 84, 32, 11, light(paper, 0.4)),
                oval(x, 84, 14, 5, "#8f6538"),
                line(f"M{x - 32} 214q32 16 64 0", "#c8a878", 6),
            )
        )
    return on_a_table(p, shadow(200, 338, 130), rolls[0], rolls[2], rolls[1])


def calendar(p: Palette) -> str:
    """A wall calendar, one month of hills."""
    sheet = box_d(94, 72, 212, 270, 6)
    view = (
        box(110, 90, 180, 116, light(p.b, 0.55))
        + dot(250, 120, 18, "#e2b65b")
        + path("M110 176q46-50 92-14t88-22v66H110z", light(p.a, 0.25))
        + path("M110 192q60-40 110-8t70-10v32H110z", p.a)
    )
    days = "".join(f"M{124 + 25 * column} {232 + 24 * row}h.1" for row in range(4) for column in range(7))
    return on_a_wall(
        p,
        _lying(sheet),
        path(sheet, "#fbf8f1"),
        view,
        line(days, "#c9c4b6", 10),
        line("M174 256h.1", p.b, 14),
        line("".join(f"M{x} 62v18" for x in range(116, 300, 17)), "#56646b", 5),
        line("M180 60q20-22 40 0", "#56646b", 4),
    )


def inkbottle(p: Palette) -> str:
    """A bottle of ink and a pen."""
    pen = (
        solid("M300 66q14 4 12 22l-56 176-24-8 58-178q4-12 10-12z", p.b)
        + path("M256 262l-24-8-8 62z", "#c9a24b")
        + line("M238 268l-12 40", "#7a5f22", 2)
        + line("M272 198l26 9", "#c9a24b", 6)
    )
    glass = "M92 228q0-22 22-22h96q22 0 22 22v88q0 20-20 20H112q-20 0-20-20z"
    return on_a_table(
        p,
        shadow(190, 338, 122),
        solid(glass, light(p.a, 0.5), box(90, 240, 144, 100, p.a)),
        path("M104 226q0-10 10-10v104q-10-2-10-12z", "#ffffff", 'opacity=".6"'),
        box(112, 262, 100, 48, "#fbf8f1", 4),
        line("M130 280h64M140 296h44", p.a, 4),
        solid(box_d(122, 166, 80, 42, 7), dark(p.a, 0.45)),
        line("".join(f"M{x} 172v30" for x in range(132, 198, 10)), dark(p.a, 0.25), 2.5),
        pen,
    )


def letterset(p: Palette) -> str:
    """Writing paper and envelopes, tied together."""
    paper = box_d(104, 62, 180, 240, 4)
    envelope = box_d(126, 196, 198, 136, 5)
    ruled = "".join(f"M128 {y}h{132 if y < 170 else 80}" for y in range(98, 190, 20))
    return on_a_wall(
        p,
        turned(
            -5,
            200,
            200,
            _lying(paper),
            path(paper, "#fbf8f1"),
            line(ruled, light(p.a, 0.5), 3),
            leaf(258, 92, 30, 30, p.b),
            leaf(258, 92, -30, 26, p.b),
        ),
        turned(
            4,
            225,
            264,
            _lying(envelope),
            solid(envelope, p.a),
            line("M132 202l93 68 93-68", dark(p.a, 0.25), 4),
            dot(225, 264, 21, dark(p.b, 0.12)),
            dot(225, 264, 15, p.b),
            leaf(225, 274, 0, 20, light(p.b, 0.35)),
        ),
    )


def tape(p: Palette) -> str:
    """Rolls of paper tape."""
    rolls = []
    for x, y, r, paper in ((136, 248, 78, p.a), (262, 270, 60, p.b), (222, 148, 66, light(p.a, 0.4))):
        notches = turned(
            20,
            x,
            y,
            line(
                f"M{x} {y - r + 8}v10M{x + r - 18} {y}h10M{x} {y + r - 18}v10M{x - r + 8} {y}h10",
                light(paper, 0.55),
                7,
            ),
        )
        rolls.append(
            oval(x + 6, y + 9, r, r, "#1b2620", 'opacity=".13"')
            + dot(x, y, r, paper)
            + ring(x, y, round(r * 0.82), dark(paper, 0.12), 2)
            + notches
            + dot(x, y, r * 0.58, "#d9bd94")
            + dot(x, y, r * 0.5, "#f3eadb")
        )
    return on_a_wall(p, path("M196 320l150-6-8 14 10 12-152 4z", p.a), *rolls)


def sealing(p: Palette) -> str:
    """Sealing wax, a stamp and a sealed letter."""
    letter = box_d(66, 196, 228, 140, 6)
    return on_a_wall(
        p,
        turned(
            -5,
            180,
            266,
            _lying(letter),
            solid(letter, "#f4ecdc"),
            line("M72 202l108 76 108-76", "#d5c6a8", 4),
        ),
        path("M148 276q-8-34 30-38q40 0 36 38q6 30-32 36q-42-4-34-36z", p.a),
        dot(180, 274, 23, dark(p.a, 0.18)),
        leaf(180, 290, 0, 32, light(p.a, 0.35)),
        turned(
            28,
            300,
            150,
            solid("M278 62q22-18 44 0l-6 70h-32z", "#7a5237"),
            solid("M274 130h52l6 44h-64z", "#c9a24b"),
        ),
        turned(-24, 110, 120, solid(box_d(96, 62, 26, 112, 4), p.a), solid(box_d(130, 74, 26, 100, 4), p.b)),
    )


def puzzle(p: Palette) -> str:
    """A boxed jigsaw, some pieces beside it."""
    lid = box_d(70, 76, 260, 200, 8)
    scene = (
        box(70, 76, 260, 200, light(p.b, 0.45))
        + dot(276, 126, 25, "#f4e3a8")
        + path("M70 206q70-76 130-26t130-44v140H70z", light(p.a, 0.3))
        + path("M70 236q90-58 150-14t110-14v70H70z", p.a)
        + path("M146 232v-36l24-20 24 20v36z", "#fbf8f1")
        + path("M140 200l30-28 30 28-6 4-24-22-24 22z", "#9c3a45")
    )
    cuts = "M122 76v200M174 76v200M226 76v200M278 76v200M70 126h260M70 176h260M70 226h260"
    knobs = "".join(
        f"M{x} {y}h.1"
        for x, y in (
            (122, 100),
            (174, 152),
            (226, 104),
            (278, 152),
            (122, 204),
            (226, 200),
            (174, 250),
            (278, 250),
        )
    )
    piece = "h20q-6-18 8-18t8 18h20v20q18-6 18 8t-18 8v20h-56z"
    return on_a_wall(
        p,
        _lying(lid),
        solid(
            lid,
            p.a,
            scene,
            line(cuts, "#ffffff", 2, 'opacity=".6"'),
            line(knobs, "#ffffff", 15, 'opacity=".35"'),
        ),
        turned(18, 130, 330, path(f"M100 300{piece}", p.b)),
        turned(-24, 260, 330, path(f"M236 304{piece}", p.a)),
    )
