"""In: what a broker hands out is kept by (source, id) and appended to our log, in one transaction.

What comes again is passed by. What cannot be appended is kept with its body and holds back the rest of its
stream: *parked* until a newer process can read it, *refused* until a person decides.
"""

import logging
import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from hashlib import sha256

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from msgspec import Struct
from msgspec.structs import replace
from uuid_utils.compat import uuid7

from eventbus import lanes, outbox
from eventbus.bridge.arrivals import arrived
from eventbus.bridge.routes import routes
from eventbus.context import Cause, Draft, handling
from eventbus.contracts.cloudevents import CloudEvent, InvalidCloudEvent, envelope_of, read
from eventbus.errors import EventBusError, RestoredCluster, UnknownMessage
from eventbus.messages import Envelope
from eventbus.models import Act, Arrival

State = Arrival.State
HELD = (State.PARKED, State.WAITING, State.REFUSED)
KEPT_FOR = timedelta(days=30)
"""How long it is remembered what was taken; what a broker repeats after that would be done again."""
_AT_ONCE = 10_000
_NO_MESSAGES_FAULT = (OperationalError, InterfaceError, RestoredCluster)
_STORABLE = re.compile(r"[^\x00\ud800-\udfff]{0,200}")
logger = logging.getLogger(__name__)

_KEEP = """
INSERT INTO eventbus_arrival (source, event_id, type, stream, message, state, body, error)
SELECT * FROM unnest(%(source)s::text[], %(event_id)s::text[], %(type)s::text[], %(stream)s::text[],
                     %(message)s::uuid[], %(state)s::text[], %(body)s::text[], %(error)s::text[])
ON CONFLICT (source, event_id) DO NOTHING
RETURNING source, event_id"""


class Letter(Struct, frozen=True, kw_only=True):
    """What came in, as far as it can be read; `envelope` is there where it can be taken."""

    source: str
    event_id: str
    type: str = ""
    stream: str = ""
    state: str
    body: str
    error: str = ""
    envelope: Envelope | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by."""
        return self.source, self.event_id

    def not_taken(self, state: str, error: str) -> "Letter":
        """The same, kept for later."""
        return replace(self, state=state, error=lanes.storable(error), envelope=None)


def take(bodies: Sequence[bytes]) -> int:
    """Take in messages in their order; returns how many were new. Afterwards they may be acknowledged.

    Raises only where the database cannot be reached, or holds a restored log: then nothing has happened.
    """
    if not bodies:
        return 0
    letters = [open_letter(body) for body in bodies]
    try:
        return _keep(letters)
    except _NO_MESSAGES_FAULT:
        raise
    except Exception:  # which one it was is found, and its error kept, one by one
        return sum(_take_alone(letter) for letter in letters)


def open_letter(body: bytes) -> Letter:
    """Read what came in, and say what is to become of it."""
    text = body.decode(errors="replace").replace("\x00", "\ufffd")
    try:
        event = read(text)
        stream = str(event.extensions.get("partitionkey", event.subject))
        _need_storable(source=event.source, id=event.id, type=event.type, stream=stream)
    except InvalidCloudEvent as invalid:
        digest = sha256(body).hexdigest()
        return Letter(source="", event_id=digest, state=State.REFUSED, body=text, error=str(invalid))
    letter = Letter(
        source=event.source,
        event_id=event.id,
        type=event.type,
        stream=stream,
        state=State.TAKEN,
        body=text,
    )
    return _with_envelope(letter, event)


def _need_storable(**attributes: str) -> None:
    """What it is known by is kept whole or not at all: two that are alike in part would be taken for one."""
    for name, value in attributes.items():
        if not _STORABLE.fullmatch(value):
            raise InvalidCloudEvent(name, "200 characters at most can be kept, and all but NUL")


def _with_envelope(letter: Letter, event: CloudEvent) -> Letter:
    if event.type not in routes().receive:
        # Nobody here wants it: that is no reason to hold back what is wanted of its stream.
        refused = letter.not_taken(State.REFUSED, f"{event.type} is not among what this side receives.")
        return replace(refused, stream="")
    try:
        return replace(letter, envelope=_dated(envelope_of(event)))
    except UnknownMessage as newer:
        return letter.not_taken(State.PARKED, str(newer))
    except InvalidCloudEvent as invalid:
        return letter.not_taken(State.REFUSED, str(invalid))


def _dated(envelope: Envelope) -> Envelope:
    """Under an id that says when it was published, as all of our log do: lag and times are read off it."""
    return envelope if envelope.id.version == 7 else replace(envelope, id=uuid7())


def _take_alone(letter: Letter) -> int:
    try:
        return _keep([letter])
    except _NO_MESSAGES_FAULT:
        raise
    except Exception as failure:
        return _keep([letter.not_taken(State.REFUSED, lanes.describe(failure))])


@transaction.atomic
def _keep(letters: Sequence[Letter]) -> int:
    decided = _behind_what_is_held(letters)
    new = _insert(decided)
    first = {letter.key: letter for letter in reversed(decided) if letter.key in new}
    for letter in first.values():
        if letter.envelope is None:
            about = {"message_type": letter.type, "message_id": letter.event_id}
            said = {"outcome": str(letter.state), "reason": letter.error}
            logger.warning("bridge_held_back", extra=about | said)
    ordered = [letter for letter in decided if first.get(letter.key) is letter]
    _append([letter.envelope for letter in ordered if letter.envelope])
    return len(new)


def _behind_what_is_held(letters: Sequence[Letter]) -> list[Letter]:
    streams = {letter.stream for letter in letters if letter.stream}
    found = Arrival.objects.filter(state__in=HELD, stream__in=streams).values_list("source", "stream")
    held, decided = set(found), []
    for letter in letters:
        place = (letter.source, letter.stream)
        behind = bool(letter.stream and letter.envelope and place in held)
        one = letter.not_taken(State.WAITING, "An earlier one of its stream is held.") if behind else letter
        if one.stream and one.envelope is None:
            held.add(place)
        decided.append(one)
    return decided


def _insert(letters: Sequence[Letter]) -> set[tuple[str, str]]:
    columns = ("source", "event_id", "type", "stream", "state", "error")
    rows: dict[str, list[object]] = {name: [getattr(one, name) for one in letters] for name in columns}
    rows["message"] = [one.envelope.id if one.envelope else None for one in letters]
    rows["body"] = ["" if one.envelope else one.body for one in letters]
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, rows)
        return set(cursor.fetchall())


def _append(envelopes: Iterable[Envelope]) -> None:
    """Into our log, with their own ids and causes, after those who keep copies."""
    drafts = []
    for envelope in envelopes:
        with handling(envelope):
            arrived(envelope)
        cause = Cause(
            correlation_id=envelope.correlation_id,
            causation_id=envelope.causation_id,
            occurred_at=envelope.occurred_at,
            headers=envelope.headers,
        )
        drafts.append(Draft(envelope.message, cause, id=envelope.id))
    outbox.append(drafts)


def take_held() -> int:
    """Take what this process can read by now of what is parked or waits; returns how many."""
    refused = Arrival.objects.filter(state=State.REFUSED).exclude(stream="").order_by("-pk")
    blocked = {tuple(place): pk for pk, *place in refused.values_list("pk", "source", "stream")}
    open_ones = Arrival.objects.filter(state__in=(State.PARKED, State.WAITING)).order_by("pk")[:_AT_ONCE]
    taken = 0
    for pk, source, stream in open_ones.values_list("pk", "source", "stream"):
        if stream and pk > blocked.get((source, stream), pk):
            continue
        if _take_again(pk):
            taken += 1
        else:
            blocked[source, stream] = pk
    return taken


def _take_again(pk: int) -> bool:
    if _is_as_it_was(pk):
        return False
    try:
        with transaction.atomic():
            return _taken_now(pk)
    except _NO_MESSAGES_FAULT:
        raise
    except Exception as failure:
        Arrival.objects.filter(pk=pk).update(state=State.REFUSED, error=lanes.describe(failure))
        return False


def _is_as_it_was(pk: int) -> bool:
    """Whether it still cannot be read, for the reason known: a release that lags has thousands of these."""
    arrival = Arrival.objects.get(pk=pk)
    letter = open_letter(arrival.body.encode())
    return letter.envelope is None and (letter.state, letter.error) == (arrival.state, arrival.error)


def _taken_now(pk: int) -> bool:
    arrival = Arrival.objects.select_for_update().get(pk=pk)
    if arrival.state not in HELD:
        return arrival.state == State.TAKEN
    letter = open_letter(arrival.body.encode())
    if letter.envelope is None:
        arrival.state, arrival.error, arrival.stream = letter.state, letter.error, letter.stream
    else:
        _append([letter.envelope])
        arrival.state, arrival.error, arrival.body = State.TAKEN, "", ""
        arrival.message = letter.envelope.id
    arrival.save()
    return arrival.state == State.TAKEN


def retry(ids: Iterable[int], *, actor: str, reason: str = "") -> int:
    """Try what was refused, or waits, once more; returns how many of them and their followers were taken."""
    with transaction.atomic():
        for arrival in _chosen(ids):
            Arrival.objects.filter(pk=arrival.pk).update(state=State.WAITING)
            _note("retry arrival", arrival, actor, reason)
    return take_held()


def discard(ids: Iterable[int], *, actor: str, reason: str) -> int:
    """Give these up: nobody here gets them, and their streams go on; returns how many.

    Raises EventBusError where there is no reason.
    """
    if not reason.strip():
        raise EventBusError(f"{actor} would discard arrivals without a reason. Say why nobody need get them.")
    with transaction.atomic():
        chosen = _chosen(ids)
        for arrival in chosen:
            Arrival.objects.filter(pk=arrival.pk).update(state=State.DISCARDED)
            _note("discard arrival", arrival, actor, reason)
    take_held()
    return len(chosen)


def _chosen(ids: Iterable[int]) -> list[Arrival]:
    held = Arrival.objects.select_for_update().filter(pk__in=list(ids), state__in=HELD)
    return list(held.order_by("pk"))


def _note(act: str, arrival: Arrival, actor: str, reason: str) -> None:
    Act.objects.create(
        actor=actor,
        act=act,
        subscription=arrival.lane,
        stream=arrival.stream,
        reason=reason,
        error=arrival.error,
    )


def forget() -> int:
    """Forget what was taken long ago; returns how much."""
    old = Arrival.objects.filter(state=State.TAKEN, arrived_at__lt=timezone.now() - KEPT_FOR)
    return old.delete()[0]
