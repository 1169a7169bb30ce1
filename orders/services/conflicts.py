"""Two at once on one order: whoever comes second looks again at what the first has made of it."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from eventbus import ConcurrencyError

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_TRIES = 5


def looking_again(verb: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Run the verb anew when its order has moved meanwhile; for verbs that a person waits for.

    Commands need none of this: the bus delivers them again. Goes outside `transaction.atomic`.
    """

    @wraps(verb)
    def insisting(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        for _ in range(_TRIES - 1):
            try:
                return verb(*args, **kwargs)
            except ConcurrencyError:
                continue
        return verb(*args, **kwargs)

    return insisting
