"""Charts as the server draws them: shares of the width and pixels of the height, for SVG without a view box.

So a chart fills its place on a phone and on a desk without its writing growing or shrinking.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

HEIGHT, TOP, FOOT = 200, 14, 24
_FLOOR = HEIGHT - FOOT
_STEPS = (1, 2, 2.5, 5, 10)
_LABELS = 6
_NARROW_LABELS = 3


@dataclass(frozen=True, slots=True)
class Point:
    """What one column stands for; `part` is drawn in front of it."""

    label: str
    value: int
    shown: str
    part: int = 0
    part_shown: str = ""
    notes: tuple[str, ...] = ()
    link: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `x`, `width` and `middle` in percent, the rest in pixels."""

    point: Point
    x: float
    width: float
    middle: float
    y: float
    height: float
    part_y: float
    part_height: float
    label: str
    narrow: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns over a floor, with lines to read them by."""

    columns: tuple[Column, ...]
    lines: tuple[tuple[float, str], ...]
    height: int = HEIGHT
    floor: int = _FLOOR

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see."""
        return not any(column.point.value or column.point.part for column in self.columns)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a list: `width` in percent of the longest one."""

    label: str
    value: int
    shown: str
    width: float
    share: str = ""
    tone: str = ""
    link: str = ""


def columns(points: Sequence[Point], shown: Callable[[int], str]) -> Chart:
    """A chart of these points; `shown` writes a value beside its line."""
    top = _round_top(max((max(point.value, point.part) for point in points), default=0))
    step = 100 / max(len(points), 1)
    every = max(1, -(-len(points) // _LABELS))
    drawn = []
    for number, point in enumerate(points):
        height, part_height = (value / top * (_FLOOR - TOP) for value in (point.value, point.part))
        label = point.label if number % every == 0 else ""
        drawn.append(
            Column(
                point=point,
                x=round(number * step + step * 0.14, 3),
                width=round(step * 0.72, 3),
                middle=round(number * step + step / 2, 3),
                y=round(_FLOOR - height, 1),
                height=round(height, 1),
                part_y=round(_FLOOR - part_height, 1),
                part_height=round(part_height, 1),
                label=label,
                narrow=number % (every * -(-_LABELS // _NARROW_LABELS)) == 0,
            )
        )
    marks = (top // 2, top) if top > 1 else (top,)
    lines = tuple((round(_FLOOR - mark / top * (_FLOOR - TOP), 1), shown(int(mark))) for mark in marks)
    return Chart(tuple(drawn), lines)


def bars(
    counted: Sequence[tuple[str, int, str]],
    *,
    of: int = 0,
    tones: Sequence[str] = (),
    links: Sequence[str] = (),
) -> tuple[Bar, ...]:
    """A bar for each (label, value, value as shown); with `of`, each also says its share of that."""
    longest = max((value for _, value, _ in counted), default=0) or 1
    return tuple(
        Bar(
            label=label,
            value=value,
            shown=shown,
            width=round(100 * value / longest, 2),
            share=f"{100 * value / of:.0f} %" if of else "",
            tone=tones[number] if number < len(tones) else "",
            link=links[number] if number < len(links) else "",
        )
        for number, (label, value, shown) in enumerate(counted)
    )


def _round_top(highest: int) -> int:
    """The nearest round number above: 1, 2, 2.5 or 5, and noughts."""
    if highest <= 1:
        return 1
    size = 10 ** (len(str(highest)) - 1)
    return int(next(size * step for step in _STEPS if size * step >= highest))
