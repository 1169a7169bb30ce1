"""The transaction that has published and sits idle for the whole run."""

import select
import threading
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connection, connections, transaction

from eventbus.chaos.diary import Diary

RETRY_SECONDS = 0.5


class IdleTransaction:
    """Publishes what it is given and stays open; begins anew where a lost database has ended it."""

    def __init__(self, publish: Callable[[], object] | None, diary: Diary) -> None:
        self._publish, self._diary = publish, diary
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._idle, daemon=True)

    def start(self) -> None:
        """Open it."""
        if self._publish is not None:
            self._thread.start()

    def commit(self) -> None:
        """Let it commit: what it published has one of the run's lowest positions and becomes visible last."""
        self._over.set()
        if self._publish is not None:
            self._thread.join()

    def _idle(self) -> None:
        while not self._one():
            connection.close()
            self._over.wait(RETRY_SECONDS)
        connections.close_all()

    def _one(self) -> bool:
        """One transaction; whether it came to its commit."""
        assert self._publish
        opened = False
        try:
            with transaction.atomic():
                self._publish()
                opened = True
                while not self._over.is_set() and not self._lost():
                    self._over.wait(RETRY_SECONDS)
        except (DatabaseError, InterfaceError):
            if opened:
                self._diary.say("idle transaction: ended with the database; it is opened anew")
            return False
        except Exception as error:  # whatever it is, it must be in the report
            self._diary.checked("the idle transaction publishes", [repr(error)])
        return True

    @staticmethod
    def _lost() -> bool:
        """Whether the server hung up: the one thing an idle session hears without asking."""
        assert connection.connection
        return bool(select.select([connection.connection.pgconn.socket], [], [], 0)[0])
