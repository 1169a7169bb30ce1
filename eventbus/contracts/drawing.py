"""The map of messages for people: as a Mermaid diagram, as a Markdown page, and as a page of HTML."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.utils.html import escape

from eventbus.contracts.mapping import Heard, Speaker

_SHAPES = {"saga": '{{{{"{0}<br/>(saga)"}}}}', "projection": '[("{0}<br/>(projection)")]', "code": '["{0}"]'}
_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1c2733}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #d5dce3;padding:.4rem .6rem;"
    "text-align:left;vertical-align:top}th{background:#f3f6f9}code{background:#f3f6f9;padding:0 .2rem}"
    ".command td:first-child{border-left:4px solid #c2410c}"
    ".event td:first-child{border-left:4px solid #0f766e}"
)


def mermaid(heard: Sequence[Heard]) -> str:
    """A flowchart: rooms, sagas and projections, and the messages that go from one to another."""
    labels: dict[tuple[Speaker, Speaker], list[str]] = defaultdict(list)
    for one in heard:
        for publisher in one.publishers:
            for consumer in one.consumers:
                labels[_node(publisher), _node(consumer)].append(one.type.partition(".")[2])
    nodes = sorted({node for pair in labels for node in pair})
    lines = ["flowchart LR"]
    for room in sorted({node.room for node in nodes}):
        lines += [f"  subgraph {room}_room[{room}]"]
        lines += [f"    {_id(node)}{_shape(node)}" for node in nodes if node.room == room]
        lines += ["  end"]
    for (publisher, consumer), types in sorted(labels.items()):
        if publisher != consumer:
            said = "<br/>".join(sorted(set(types)))
            lines.append(f'  {_id(publisher)} -- "{said}" --> {_id(consumer)}')
    return "\n".join(lines) + "\n"


def _node(speaker: Speaker) -> Speaker:
    """Sagas and projections are drawn one by one, everything else of a room as the room."""
    if speaker.role in ("saga", "projection"):
        return speaker
    return Speaker(speaker.room, "code", speaker.room)


def _id(node: Speaker) -> str:
    return re.sub(r"\W", "_", node.name)


def _shape(node: Speaker) -> str:
    return _SHAPES[node.role].format(node.name)


def markdown(heard: Sequence[Heard]) -> str:
    """A page with the diagram and a table for each room's messages."""
    parts = [
        "# Who says what to whom\n",
        "Drawn from the code by `manage.py event_map --write`; a test compares it. A box is a room's "
        "services and handlers; what a room says to itself is in its table only.\n",
        f"```mermaid\n{mermaid(heard)}```\n",
    ]
    for room, messages in _rooms(heard):
        parts.append(f"## {room}\n")
        rows = ["| Message | Said by | Heard by | What it says |", "| --- | --- | --- | --- |"]
        for one in messages:
            cells = (
                f"`{one.type}` v{one.version}, {one.kind}",
                *_sides(one),
                one.summary.replace("|", "\\|"),
            )
            rows.append(f"| {' | '.join(cells)} |")
        parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


def html(heard: Sequence[Heard]) -> str:
    """The same tables as one page that needs nothing else; events and commands are told apart by colour."""
    return "".join(
        (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Who says what to whom</title>',
            f"<style>{_STYLE}</style><h1>Who says what to whom</h1>",
            "<p>Green is an event: any number may hear it. Red is a command: one answers it.</p>",
            *(_table(room, messages) for room, messages in _rooms(heard)),
            "</html>\n",
        )
    )


def _table(room: str, messages: Sequence[Heard]) -> str:
    rows = "".join(
        f'<tr class="{one.kind}" id="{escape(one.type)}">'
        f"<td><code>{escape(one.type)}</code> v{one.version}</td>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in (*_sides(one), one.summary))
        + "</tr>"
        for one in messages
    )
    head = "".join(f"<th>{title}</th>" for title in ("Message", "Said by", "Heard by", "What it says"))
    return f"<h2>{escape(room)}</h2><table><tr>{head}</tr>{rows}</table>"


def _sides(one: Heard) -> tuple[str, str]:
    return _names(one.publishers), _names(one.consumers)


def _names(speakers: Iterable[Speaker]) -> str:
    named = (f"{s.name} ({s.role})" if s.role != "code" else s.name for s in speakers)
    return ", ".join(named) or "nobody"


def _rooms(heard: Sequence[Heard]) -> Iterator[tuple[str, list[Heard]]]:
    for room in sorted({one.room for one in heard}):
        yield room, [one for one in heard if one.room == room]
