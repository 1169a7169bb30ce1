"""What a room does in the very transaction that a message from elsewhere comes in by."""

from collections.abc import Callable
from typing import Any, TypeVar

from eventbus.errors import DefinitionError
from eventbus.messages import Envelope, Message
from eventbus.subscriptions import Call, inspect_call, invoke

Function = TypeVar("Function", bound=Callable[..., None])
_calls: dict[type[Message], Call] = {}


def arriving(function: Function) -> Function:
    """Run it where a message comes in over the bridge, before anybody else hears of it.

    For the copy of another room's facts that handlers and sagas read: what they are told, they find. It runs
    in the transaction of the inbox, so it may change this database and nothing else; where it raises, the
    message is refused and holds back its stream. It does not run for messages published here. A parameter
    without a message's annotation, or a second function for one message, raises DefinitionError.

    Example:

        @arriving
        def keep_copy(event: OrderPlaced) -> None:
            Order.objects.update_or_create(id=event.order_id, defaults={"total": event.total})
    """
    call = inspect_call(function, Message)
    for cls in call.accepts:
        other = _calls.get(cls)
        if other and other.function.__qualname__ != function.__qualname__:
            raise DefinitionError(
                f"{function.__module__}.{function.__qualname__} takes {cls.__name__} as it arrives, and so "
                f"does {other.function.__qualname__}; keep one."
            )
        _calls[cls] = call
    return function


def arrived(envelope: Envelope) -> None:
    """Run the function that is declared for the message, if there is one."""
    if call := _calls.get(type(envelope.message)):
        invoke(call, envelope)


def forget(*functions: Any) -> None:
    """Take functions back, so that a test leaves nothing behind."""
    for cls in [cls for cls, call in _calls.items() if call.function in functions]:
        del _calls[cls]
