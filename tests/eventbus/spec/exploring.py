"""Every order in which the steps of some transactions and of the reader can happen."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.eventbus.spec.world import READER, Broken, Step, World, act, drain, possible

Script = Sequence[Sequence[str | int]]
"""What one transaction does, in its order: `[("publish", "a", 1), ("commit",)]`."""


ANSWER: Step = (READER, "publish", "c", 0)
"""What the reader's consumer publishes once, after a batch and in its transaction."""


class Explored(NamedTuple):
    """How much there was to see."""

    interleavings: int
    states: int


class Counterexample(Exception):
    """The shortest story in which a promise is broken."""

    def __init__(self, story: tuple[Step, ...], reason: str) -> None:
        super().__init__("\n".join([reason, *map(str, story)]))
        self.story = story
        self.reason = reason


class _Point(NamedTuple):
    """A state on the way: how far each script is, how many batches are left, whether the reader published."""

    world: World
    done: tuple[int, ...]
    batches: int
    answered: bool = False


_Ways = tuple[int, tuple[Step, ...]]
"""How many paths lead to a point, and one of them."""


def explore(world: World, scripts: Sequence[Script], batches: int, *, answers: bool = False) -> Explored:
    """Take every path at once, a step at a time, and check each state on it. Raises Counterexample.

    A state that several paths reach is looked at once; the paths to it are counted.
    """
    points: dict[_Point, _Ways] = {_Point(world, (0,) * len(scripts), batches, not answers): (1, ())}
    paths = states = 0
    while points:
        further: dict[_Point, _Ways] = {}
        for point, (ways, story) in points.items():
            states += 1
            if point.world.turn is None:
                _check_liveness(point.world, story)
            after = list(_next_points(point, scripts, story))
            paths += 0 if after else ways
            for successor, step in after:
                count, known = further.get(successor, (0, (*story, step)))
                further[successor] = (count + ways, known)
        points = further
    return Explored(paths, states)


def _next_points(
    point: _Point, scripts: Sequence[Script], story: tuple[Step, ...]
) -> Iterator[tuple[_Point, Step]]:
    for who, act_on in _candidates(point, scripts):
        step = (who, *act_on)
        if not possible(point.world, step):
            continue
        try:
            world = act(point.world, step)
        except Broken as broken:
            raise Counterexample((*story, step), str(broken)) from None
        done = tuple(n + (who == writer) for writer, n in enumerate(point.done, 1))
        settled = who == READER and act_on[0] in ("commit", "rollback")
        answered = point.answered or step == ANSWER
        yield _Point(world, done, point.batches - settled, answered), step


def _candidates(point: _Point, scripts: Sequence[Script]) -> Iterator[tuple[int, Sequence[str | int]]]:
    for who, (script, done) in enumerate(zip(scripts, point.done, strict=True), 1):
        if done < len(script):
            yield who, script[done]
    if point.batches:
        yield from [(READER, ("claim",)), (READER, ("read",))]
    if point.world.turn is not None and point.world.turn.done:
        yield from [(READER, ("commit",)), (READER, ("rollback",))]
        if not point.answered:
            yield READER, ANSWER[1:]


def _check_liveness(world: World, story: tuple[Step, ...]) -> None:
    try:
        drain(world)
    except Broken as broken:
        raise Counterexample(story, str(broken)) from None
