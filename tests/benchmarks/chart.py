"""The chart of the README: an SVG that reads in light and in dark, made from the rows of a run."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import NamedTuple
from xml.sax.saxutils import escape

from tests.benchmarks.judging import DELIVERY, LATENCY, PUBLISHING
from tests.benchmarks.rows import Row

WIDTH, LEFT, RIGHT = 860, 200, 130
LINE, HEAD, GAP = 30, 46, 18
STYLE = """
  text { font: 14px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 15px; }
  .small { font-size: 12px; fill: #59636e; }
  .ours { fill: #0969da; } .peer { fill: #8c959f; }
  .idle { opacity: .45; }
  .spread { stroke: #1f2328; stroke-width: 1.2; opacity: .55; }
  .aim { stroke: #cf222e; stroke-dasharray: 4 3; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .small { fill: #9198a1; }
    .ours { fill: #4493f8; } .peer { fill: #6e7681; }
    .spread { stroke: #e6edf3; } .aim { stroke: #f85149; }
  }
"""


class Panel(NamedTuple):
    """One measure: a bar for each system. Bars end at `cap`, with an arrow."""

    section: str
    title: str
    digits: int
    start: float = 0.0
    cap: float = float("inf")


PANELS = (
    Panel(DELIVERY, "Messages delivered per second, one upsert each (more is better)", 0),
    Panel(
        PUBLISHING, "A Django transaction with one message ÷ without, from 1 on (less is better)", 2, start=1
    ),
    Panel(LATENCY.format(50), "Commit → effect at 200/s, median, ms (less is better)", 1, cap=50),
    Panel(LATENCY.format(99), "Commit → effect at 200/s, 99th percentile, ms (less is better)", 1, cap=200),
)


def chart(rows: Sequence[Row], systems: Sequence[str], caption: str) -> str:
    """The whole picture. systems: the titles that get a bar. caption: where and when, in one line."""
    parts: list[str] = []
    y = 0
    for panel in PANELS:
        shown = [row for row in rows if row.section == panel.section and row.name in systems]
        if any(row.values for row in shown):
            parts += _panel(panel, shown, y)
            y += HEAD + LINE * len(shown) + GAP
    parts += _legend(caption, y + 8)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 40}" width="{WIDTH}" '
        f'height="{y + 40}" role="img" aria-label="The event bus beside its peers">\n'
        f"<style>{STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def _panel(panel: Panel, rows: Sequence[Row], y: int) -> Iterable[str]:
    yield _text(0, y + 24, panel.title, "title")
    scale = _Scale(panel, rows)
    for number, row in enumerate(rows):
        yield from _bars(panel, row, scale, y + HEAD + LINE * number)
    if (aim := next((row.aim for row in rows if row.aim), None)) and aim.limit < scale.end:
        x, bottom = scale.x(aim.limit), y + HEAD + LINE * len(rows) - 6
        yield f'<line class="aim" x1="{x}" x2="{x}" y1="{y + HEAD - 6}" y2="{bottom}"/>'


class _Scale:
    def __init__(self, panel: Panel, rows: Iterable[Row]) -> None:
        highest = max(max(row.values + row.idle) for row in rows if row.values)
        self.start, self.end = panel.start, min(highest, panel.cap)

    def x(self, value: float) -> float:
        share = (min(max(value, self.start), self.end) - self.start) / (self.end - self.start)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _bars(panel: Panel, row: Row, scale: _Scale, y: int) -> Iterable[str]:
    yield _text(0, y + 13, row.name, "")
    if not row.values:
        yield _text(LEFT, y + 13, row.note or "not run", "small")
        return
    kind = "ours" if row.name == "eventbus" else "peer"
    middle = median(row.values)
    yield _bar(kind, scale.x(middle), y, 12)
    if row.idle:
        yield _bar(f"{kind} idle", scale.x(median(row.idle)), y + 14, 6)
    low, high = scale.x(min(row.values)), scale.x(max(row.values))
    yield f'<line class="spread" x1="{low}" x2="{high}" y1="{y + 6}" y2="{y + 6}"/>'
    beyond = " →" if middle > scale.end else ""
    end = max(scale.x(value) for value in [*row.values, median(row.idle or row.values)])
    yield _text(end + 8, y + 12, f"{middle:,.{panel.digits}f}{beyond}", "")


def _bar(kind: str, end: float, y: int, height: int) -> str:
    width = round(max(end - LEFT, 1), 1)
    return f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{width}" height="{height}" rx="2"/>'


def _legend(caption: str, y: int) -> Iterable[str]:
    yield f'<rect class="peer" x="0" y="{y - 10}" width="22" height="10" rx="2"/>'
    yield _text(28, y, "quiet", "small")
    yield f'<rect class="peer idle" x="76" y="{y - 8}" width="22" height="6" rx="2"/>'
    yield _text(104, y, "beside an idle transaction", "small")
    yield f'<line class="spread" x1="268" x2="290" y1="{y - 5}" y2="{y - 5}"/>'
    yield _text(296, y, "lowest to highest", "small")
    yield f'<line class="aim" x1="412" x2="412" y1="{y - 12}" y2="{y + 2}"/>'
    yield _text(420, y, "our aim", "small")
    yield _text(0, y + 22, caption, "small")


def _text(x: float, y: int, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y}">{escape(text)}</text>'
