"""What waits for a person on the bus: for whoever shows it beside the other work of the day."""

from datetime import datetime

from msgspec import Struct


class Concern(Struct, frozen=True, kw_only=True):
    """One of them: `kind` is "dead_letter", "saga" or "dependency", `id` the key of its row.

    `about` is the stream, the saga's key or the dependency; `behind` how many messages wait for the decision.
    """

    kind: str
    id: int | str
    title: str
    about: str
    why: str
    since: datetime
    behind: int = 0


def needs_a_person() -> list[Concern]:
    """Dead letters, stuck sagas, and what has stopped answering; three queries, oldest first of each kind.

    Example:

        drain()
        assert [concern.kind for concern in needs_a_person()] == []
    """
    from eventbus import concerns  # noqa: PLC0415  (it needs the models, publishing does not)

    return concerns.all_of_them()
