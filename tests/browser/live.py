"""The shop that a browser visits: its address, and the worker that delivers beside it."""

from collections.abc import Generator
from contextlib import contextmanager
from threading import Event, Lock, Thread

from django.db import connection

from eventbus.testing import drain

PAUSE_SECONDS = 0.05


class LiveShop:
    """A running shop at `url`: what happens in it is delivered at once, as by a worker, until paused."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._over = Event()
        self._turn = Lock()
        self._worker = Thread(target=self._deliver)
        self._worker.start()

    @contextmanager
    def paused(self) -> Generator[None]:
        """Deliver nothing inside the block but what `deliver` is asked for."""
        with self._turn:
            yield

    def deliver(self) -> None:
        """While paused: deliver everything that is due, once."""
        drain()

    def close(self) -> None:
        """Deliver no more."""
        self._over.set()
        self._worker.join()

    def _deliver(self) -> None:
        while not self._over.wait(PAUSE_SECONDS):
            with self._turn:
                drain()
        connection.close()
