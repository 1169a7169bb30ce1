"""The map of messages as a drawing: where the boxes stand and how the arrows run. Numbers only, no markup.

The whole map has three columns: sagas, rooms, projections. Every arrow leaves and enters a box at a place of
its own, so that none lies on another, and carries its rate near the box it leaves. The map of one room has a
row for each of its messages, between those who publish and those who hear it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from eventbus.contracts.mapping import Heard, Speaker
from eventbus.looking.traffic import told

PLACE, ROOM_BETWEEN = 22, 26
BOX_WIDTH = 210
COLUMNS = {"saga": 20, "code": 450, "projection": 880}
WIDTH = 1110
ROW, MESSAGE_WIDTH, SPEAKER_WIDTH = 34, 300, 255
MESSAGE_COLUMNS = (10, 405, 845)


class Box(Struct, kw_only=True):
    """A box; `room` is where its link leads, empty where nowhere."""

    x: int
    y: int
    width: int
    height: int
    title: str
    role: str
    room: str = ""
    rate: str = ""
    about: str = ""

    @property
    def middle(self) -> int:
        """Its middle, from the top."""
        return self.y + self.height // 2

    @property
    def right(self) -> int:
        """Its right edge."""
        return self.x + self.width


class Arrow(Struct, kw_only=True):
    """An arrow: what goes from one box to another, of one kind. `weight` (0 to 4) is how thick it is."""

    source: str
    target: str
    kind: str
    types: list[str]
    per_minute: float
    path: str = ""
    label_x: int = 0
    label_y: int = 0

    @property
    def rate(self) -> str:
        """Messages a minute."""
        return told(self.per_minute)

    @property
    def weight(self) -> int:
        """How thick it is drawn."""
        return sum(self.per_minute > bound for bound in (0, 10, 100, 1000))


class Picture(Struct, kw_only=True):
    """A drawing of `width` by `height`."""

    width: int
    height: int
    boxes: list[Box]
    arrows: list[Arrow]


class _End(Struct, kw_only=True):
    """Where an arrow touches a box: at its left or right side, and how far down."""

    arrow: Arrow
    box: str
    side: str
    other: str


def whole(heard: Sequence[Heard], per_minute: Mapping[str, float]) -> Picture:
    """Rooms, sagas and projections, and what goes between them; a room's messages to itself are left out."""
    arrows, roles = _arrows(heard, per_minute)
    ends = [end for arrow in arrows for end in _ends(arrow, roles)]
    boxes = _stand(roles, ends)
    places = _places(boxes, ends)
    for arrow in arrows:
        _run(arrow, *places[id(arrow)])
    height = max((box.y + box.height for box in boxes.values()), default=0) + 20
    return Picture(width=WIDTH, height=height, boxes=list(boxes.values()), arrows=arrows)


def _node(speaker: Speaker) -> Speaker:
    if speaker.role in ("saga", "projection"):
        return speaker
    return Speaker(speaker.room, "code", speaker.room)


def _arrows(
    heard: Sequence[Heard], per_minute: Mapping[str, float]
) -> tuple[list[Arrow], dict[str, Speaker]]:
    """One arrow for each pair of boxes and kind of message, and the boxes they go between."""
    types: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    nodes: dict[str, Speaker] = {}
    for one in heard:
        for publisher in map(_node, one.publishers):
            for consumer in map(_node, one.consumers):
                if publisher != consumer:
                    nodes |= {publisher.name: publisher, consumer.name: consumer}
                    types[publisher.name, consumer.name, one.kind].add(one.type)
    arrows = [
        Arrow(
            source=source,
            target=target,
            kind=kind,
            types=sorted(said),
            per_minute=sum(per_minute.get(type, 0.0) for type in said),
        )
        for (source, target, kind), said in sorted(types.items())
    ]
    return arrows, dict(sorted(nodes.items()))


def _ends(arrow: Arrow, roles: Mapping[str, Speaker]) -> list[_End]:
    """The two ends of an arrow, each at the side of its box that faces the other one's; else the right."""
    columns = {name: COLUMNS[roles[name].role] for name in (arrow.source, arrow.target)}
    found = []
    for box, other in ((arrow.source, arrow.target), (arrow.target, arrow.source)):
        side = "left" if columns[other] < columns[box] else "right"
        found.append(_End(arrow=arrow, box=box, side=side, other=other))
    return found


def _stand(nodes: Mapping[str, Speaker], ends: Iterable[_End]) -> dict[str, Box]:
    """Every box in its column, as high as its busier side needs."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for end in ends:
        counts[end.box, end.side] += 1
    heights = {
        name: PLACE * max(2, counts[name, "left"], counts[name, "right"]) + PLACE // 2 for name in nodes
    }
    columns = {role: [name for name, node in nodes.items() if node.role == role] for role in COLUMNS}
    tall = {
        role: sum(heights[name] + ROOM_BETWEEN for name in names) - ROOM_BETWEEN
        for role, names in columns.items()
    }
    boxes: dict[str, Box] = {}
    for role, names in columns.items():
        y = 20 + (max(tall.values()) - tall[role]) // 2
        for name in names:
            boxes[name] = Box(
                x=COLUMNS[role],
                y=y,
                width=BOX_WIDTH,
                height=heights[name],
                title=name,
                role=role,
                room=nodes[name].room,
            )
            y += heights[name] + ROOM_BETWEEN
    return boxes


def _places(
    boxes: Mapping[str, Box], ends: Iterable[_End]
) -> dict[int, tuple[tuple[int, int], tuple[int, int]]]:
    """(where each arrow begins, where it ends): places down a side in the order of what lies opposite."""
    by_side: dict[tuple[str, str], list[_End]] = defaultdict(list)
    for end in ends:
        by_side[end.box, end.side].append(end)
    points: dict[int, dict[str, tuple[int, int]]] = defaultdict(dict)
    for (name, side), there in by_side.items():
        box = boxes[name]
        there.sort(key=lambda end: (boxes[end.other].middle, end.other, end.arrow.source))
        for number, end in enumerate(there, 1):
            y = box.y + number * box.height // (len(there) + 1)
            points[id(end.arrow)][name] = (box.x if side == "left" else box.right, y)
    return {
        id(end.arrow): (points[id(end.arrow)][end.arrow.source], points[id(end.arrow)][end.arrow.target])
        for there in by_side.values()
        for end in there
    }


def _run(arrow: Arrow, start: tuple[int, int], end: tuple[int, int]) -> None:
    """Bend the arrow between its places, and put its rate near its beginning."""
    (x1, y1), (x2, y2) = start, end
    if x1 == x2:  # between two rooms: a bow at their right
        bow = x1 + 60 + abs(y2 - y1) // 8
        arrow.path = f"M{x1} {y1} C{bow} {y1} {bow} {y2} {x2 + 8} {y2}"
        arrow.label_x, arrow.label_y = x1 + 26, y1
        return
    direction = 1 if x2 > x1 else -1
    bend = abs(x2 - x1) * 45 // 100 * direction
    arrow.path = f"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2 - 8 * direction} {y2}"
    arrow.label_x, arrow.label_y = x1 + 30 * direction, y1


def of_room(room: str, heard: Sequence[Heard], per_minute: Mapping[str, float]) -> Picture:
    """Every message of a room between those who publish it and those who hear it."""
    messages = [one for one in heard if one.room == room]
    left, middle, right = MESSAGE_COLUMNS
    boxes = {
        one.type: Box(
            x=middle,
            y=20 + number * ROW,
            width=MESSAGE_WIDTH,
            height=ROW - 8,
            title=one.type.partition(".")[2],
            role=one.kind,
            rate=told(per_minute.get(one.type, 0.0)),
            about=f"{one.type} v{one.version}: {one.summary}",
        )
        for number, one in enumerate(messages)
    }
    height = 20 + max(1, len(messages)) * ROW
    said = {(speaker.name, one.type): speaker for one in messages for speaker in one.publishers}
    listened = {(speaker.name, one.type): speaker for one in messages for speaker in one.consumers}
    arrows: list[Arrow] = []
    for pairs, x in ((said, left), (listened, right)):
        speakers = _beside(pairs, boxes, room, x, height)
        boxes |= speakers
        for name, type in pairs:
            one = next(message for message in messages if message.type == type)
            source, target = (f"{x}{name}", type) if x == left else (type, f"{x}{name}")
            rate = per_minute.get(type, 0.0)
            arrow = Arrow(source=name, target=type, kind=one.kind, types=[type], per_minute=rate)
            arrow.path = _line(boxes[source], boxes[target])
            arrows.append(arrow)
    bottom = max((box.y + box.height for box in boxes.values()), default=0) + 20
    return Picture(width=WIDTH, height=bottom, boxes=list(boxes.values()), arrows=arrows)


def _beside(
    pairs: Mapping[tuple[str, str], Speaker], messages: Mapping[str, Box], room: str, x: int, height: int
) -> dict[str, Box]:
    """Those who speak or listen, each about as high as the middle of its messages."""
    heights: dict[str, list[int]] = defaultdict(list)
    speakers = {name: speaker for (name, _), speaker in pairs.items()}
    for name, type in pairs:
        heights[name].append(messages[type].middle)
    order = sorted(heights, key=lambda name: sum(heights[name]) / len(heights[name]))
    gap = max(ROW, (height - 20) // max(1, len(order)))
    return {
        f"{x}{name}": Box(
            x=x,
            y=20 + number * gap + (gap - ROW) // 2,
            width=SPEAKER_WIDTH,
            height=ROW - 6,
            title=name.removeprefix(f"{room}."),
            role=speakers[name].role,
            about=f"{name} ({speakers[name].role})",
        )
        for number, name in enumerate(order)
    }


def _line(source: Box, target: Box) -> str:
    x1, y1, x2, y2 = source.right, source.middle, target.x - 8, target.middle
    bend = (x2 - x1) // 2
    return f"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
