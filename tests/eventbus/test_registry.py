"""From the wire to today's classes."""

from typing import Any

import pytest

from eventbus import Event, handles, subscribe, upcast
from eventbus.errors import DefinitionError, UnknownMessage
from eventbus.registry import decode, encode
from eventbus.subscriptions import subscription
from tests.eventbus.toys import Announce, Ring


class Weighed(Event, name="toys.weighed", version=3, key="crate"):
    """A crate was weighed."""

    crate: str
    grams: int
    scale: str


@upcast(Weighed, from_version=1)
def to_grams(data: dict[str, Any]) -> dict[str, Any]:
    return {"crate": data["crate"], "grams": data["kilos"] * 1000}


@upcast(Weighed, from_version=2)
def name_the_scale(data: dict[str, Any]) -> dict[str, Any]:
    return data | {"scale": "unknown"}


def test_a_message_survives_the_wire() -> None:
    weighed = Weighed(crate="c", grams=5, scale="s")
    assert decode("toys.weighed", 3, encode(weighed)) == weighed


def test_every_older_version_is_read_in_todays_shape() -> None:
    assert decode("toys.weighed", 1, '{"crate": "c", "kilos": 2}') == Weighed(
        crate="c", grams=2000, scale="unknown"
    )
    assert decode("toys.weighed", 2, '{"crate": "c", "grams": 7}') == Weighed(
        crate="c", grams=7, scale="unknown"
    )


def test_what_an_upcaster_misses_is_not_taken_for_a_missing_upcaster() -> None:
    with pytest.raises(KeyError, match="kilos"):
        decode("toys.weighed", 1, '{"crate": "c"}')


def test_a_missing_upcaster_is_named() -> None:
    class Sealed(Event, name="toys.sealed", version=2, key="crate"):
        """A crate was sealed."""

        crate: str

    with pytest.raises(UnknownMessage, match=r"^toys.sealed has no upcaster from version 1: declare @upcast"):
        decode("toys.sealed", 1, '{"crate": "c"}')


@pytest.mark.parametrize(
    ("name", "version", "sentence"),
    [
        ("toys.weighed", 4, "toys.weighed version 4: this process knows version 3 at the newest."),
        ("toys.never", 1, "toys.never version 1: this process knows no such message."),
    ],
)
def test_what_this_process_does_not_know_is_said(name: str, version: int, sentence: str) -> None:
    with pytest.raises(UnknownMessage) as caught:
        decode(name, version, "{}")
    assert str(caught.value) == f"{sentence} Deploy the newer code."


def test_a_wire_name_belongs_to_one_class() -> None:
    with pytest.raises(
        DefinitionError, match=r"is named 'toys.weighed' on the wire, and so is .*\.Weighed\."
    ):

        class Other(Event, name="toys.weighed", key="crate"):
            crate: str


def test_the_key_must_be_a_field() -> None:
    with pytest.raises(DefinitionError, match=r"Keyless: key='door_id' is none of its fields\.$"):

        class Keyless(Event, name="toys.keyless", key="door_id"):
            crate: str


def test_a_handler_says_what_it_handles() -> None:
    with pytest.raises(
        DefinitionError, match=r"nothing: annotate 'event' with the event it handles; it says "
    ):

        @subscribe
        def nothing(event: int) -> None: ...


def test_a_command_handler_is_known_by_the_commands_wire_name() -> None:
    assert subscription("toys.announce").from_start is True
    assert subscription("toys.listener").from_start is False


def test_a_handler_for_two_commands_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"handles several commands; give each a handler of its own\.$"):

        @handles
        def both(command: Announce | Ring) -> None: ...
