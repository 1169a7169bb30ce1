"""Things for the kitchen and the table."""

from catalog.management.pictures.canvas import (
    Palette,
    box,
    box_d,
    dark,
    dot,
    leaf,
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

_TEA = "#8a4f2a"


def _steam(x: int, y: int) -> str:
    waves = "".join(f"M{x + dx} {y}q-12 -18 0 -34t0 -34" for dx in (-22, 6, 34))
    return line(waves, "#ffffff", 5, 'opacity=".75"')


def mug(p: Palette) -> str:
    """A mug of tea."""
    body = "M112 176l8 136q2 24 26 24h88q24 0 26-24l8-136z"
    return on_a_table(
        p,
        shadow(204, 336, 96),
        _steam(184, 146),
        line("M262 208c62-14 60 80-6 84", dark(p.a, 0.12), 20),
        solid(body, p.a, pattern(p.pattern, p.b, 110, 176, 160, 160)),
        oval(190, 176, 78, 17, light(p.a, 0.35)),
        oval(190, 178, 66, 12, _TEA),
    )


def bowl(p: Palette) -> str:
    """A wide bowl."""
    body = "M78 196q4 96 84 126h76q80-30 84-126z"
    return on_a_table(
        p,
        shadow(200, 338, 92),
        path("M158 318h84l6 18h-96z", dark(p.a, 0.2)),
        solid(body, p.a, pattern(p.pattern, p.b, 76, 196, 248, 130)),
        oval(200, 196, 122, 28, light(p.a, 0.35)),
        oval(200, 199, 108, 21, dark(p.a, 0.14)),
        oval(200, 205, 84, 13, light(p.a, 0.1)),
    )


def teapot(p: Palette) -> str:
    """A round teapot with its lid."""
    body = "M116 228q0-74 84-74t84 74q0 106-52 106h-64q-52 0-52-106z"
    return on_a_table(
        p,
        shadow(204, 336, 110),
        path("M274 262q40-6 52-82l26-4q-8 112-84 134z", dark(p.a, 0.1)),
        line("M124 194c-78-16-76 96-2 98", dark(p.a, 0.18), 17),
        solid(body, p.a, pattern(p.pattern, p.b, 112, 154, 176, 180)),
        path("M150 164q50-34 100 0q-50 14-100 0z", light(p.a, 0.22)),
        line("M146 166q54 16 108 0", dark(p.a), 4),
        dot(200, 134, 14, p.b),
        dot(196, 130, 4, light(p.b, 0.5)),
    )


def jug(p: Palette) -> str:
    """A tall jug with a lip."""
    body = "M146 124q6 54-18 96t10 116h124q32-74 8-116t-14-96l-42-4z"
    return on_a_table(
        p,
        shadow(204, 338, 88),
        line("M252 150c74-6 66 112 12 116", dark(p.a, 0.16), 16),
        solid(body, p.a, pattern(p.pattern, p.b, 118, 120, 166, 216)),
        path("M122 108q24 22 134 14q-10 16-58 16t-56-12z", light(p.a, 0.4)),
        path("M140 120q40 12 104 4q-14 10-50 10t-54-14z", dark(p.a, 0.3)),
    )


def plate(p: Palette) -> str:
    """A dinner plate, seen from above, with a sprig on its rim."""
    rim = "".join(
        turned(45 * n, 200, 200, leaf(200, 84, -58, 30, p.b) + leaf(200, 84, 58, 30, p.b)) for n in range(8)
    )
    return on_a_wall(
        p,
        oval(206, 212, 146, 146, "#1b2620", 'opacity=".15"'),
        dot(200, 200, 146, p.a),
        dot(200, 200, 138, light(p.a, 0.45)),
        rim,
        dot(200, 200, 92, dark(p.a, 0.07)),
        dot(200, 200, 87, light(p.a, 0.55)),
        path("M140 160q22-40 66-44q-44 18-58 50z", "#ffffff", 'opacity=".7"'),
    )


def board(p: Palette) -> str:
    """A bread board with a loaf on it."""
    crumb = "M112 250q-4-74 86-76q92 2 88 76q0 18-16 18H128q-16 0-16-18z"
    slashes = "".join(f"M{x} 196q16 8 14 28" for x in (150, 190, 230))
    return on_a_table(
        p,
        shadow(200, 316, 160, 12),
        path(box_d(40, 268, 320, 36, 12), p.a),
        path("M40 290h320v2q0 12-12 12H52q-12 0-12-12z", dark(p.a, 0.2)),
        line("M70 280h120M220 284h90", dark(p.a, 0.14), 2.5),
        dot(338, 280, 6, dark(p.a, 0.45)),
        solid(crumb, "#c98a4b", oval(190, 184, 70, 26, "#dca566")),
        line(slashes, "#f3dcb4", 7),
    )


def jar(p: Palette) -> str:
    """A storage jar with a cork, half full."""
    body = box_d(122, 150, 156, 186, 26)
    return on_a_table(
        p,
        shadow(200, 338, 88),
        path(box_d(140, 104, 120, 52, 10), "#c69a68"),
        path("M140 134h120v12q0 10-10 10H150q-10 0-10-10z", "#a97d4e"),
        line("M158 118h.1M184 124h.1M214 114h.1M240 122h.1M170 142h.1M226 140h.1", "#8f6538", 5),
        path(body, light(p.a, 0.55)),
        solid(
            body,
            light(p.a, 0.45),
            box(120, 226, 160, 112, p.b),
            pattern("speckle", dark(p.b, 0.3), 124, 230, 150, 100),
        ),
        box(152, 196, 96, 62, "#fbf8f1", 5),
        line("M170 218h60M178 236h44", dark(p.a, 0.4), 4),
        path("M136 172q0-12 10-14v120q-10 0-10-14z", "#ffffff", 'opacity=".6"'),
    )


def spoons(p: Palette) -> str:
    """Three wooden spoons in a row."""
    woods = (light(p.a, 0.2), p.a, dark(p.a, 0.25))
    parts = []
    for angle, x, wood in zip((-9, 0, 9), (134, 200, 266), woods, strict=True):
        spoon = solid(
            f"M{x - 32} 124q0-54 32-54t32 54q0 46-22 58v140q0 14-10 14t-10-14V182q-22-12-22-58z", wood
        )
        parts.append(turned(angle, x, 330, spoon, oval(x, 124, 20, 36, dark(wood, 0.16))))
    return on_a_wall(p, oval(206, 342, 120, 10, "#1b2620", 'opacity=".12"'), *parts)


def eggcups(p: Palette) -> str:
    """A pair of egg cups, with their eggs."""
    parts = [shadow(200, 338, 130)]
    for x, shell, cup in ((132, "#e9c9a4", p.a), (268, "#f4e4cd", p.b)):
        parts += [
            solid(f"M{x - 42} 226q0-92 42-92t42 92z", shell),
            solid(f"M{x - 54} 218q4 60 42 70l-4 24q-24 4-26 24h84q-2-20-26-24l-4-24q38-10 42-70z", cup),
            oval(x, 218, 54, 9, light(cup, 0.4)),
            path(f"M{x - 41} 216q2-40 16-62q-4 40-2 66z", "#ffffff", 'opacity=".45"'),
        ]
    return on_a_table(p, *parts)


def butterdish(p: Palette) -> str:
    """A butter dish under its cover."""
    cover = "M104 296v-58q0-58 58-58h76q58 0 58 58v58z"
    return on_a_table(
        p,
        shadow(200, 332, 150),
        path("M56 296h288q-4 34-34 34H90q-30 0-34-34z", dark(p.a, 0.06)),
        path("M56 296h288l-2 10H58z", light(p.a, 0.4)),
        solid(cover, p.a, pattern(p.pattern, p.b, 104, 170, 192, 140)),
        path(box_d(178, 154, 44, 28, 12), p.b),
        line("M128 254q0-44 34-46", "#ffffff", 7, 'opacity=".55"'),
    )
