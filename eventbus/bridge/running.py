"""The process that carries: one thread sends, one receives, each with connections of its own."""

import logging
import threading
from collections.abc import Callable
from time import monotonic

from django.db import Error, connection

from eventbus import cluster, draining
from eventbus.bridge import inbox, outgoing
from eventbus.bridge.outgoing import lane_of
from eventbus.bridge.routes import RECEIVER_LOCK, Routes, routes
from eventbus.bridge.transport import BrokerDown, Transport, connect
from eventbus.checkpoints import ensure_checkpoints
from eventbus.errors import EventBusError, RestoredCluster
from eventbus.subscriptions import subscriptions

BATCH = 200
BUSY_SECONDS, QUIET_SECONDS = 0.005, 0.1
LISTEN_SECONDS = 0.2
AGAIN_SECONDS = 1.0
HELD_SECONDS = 10.0
FORGET_SECONDS = 3600.0
REPORT_SECONDS = 10.0
logger = logging.getLogger(__name__)


class Bridge:
    """One bridge process. `stop` ends both its threads after the turn they are in."""

    def __init__(self, stop: threading.Event) -> None:
        self.stop = stop
        self.routes: Routes = routes()
        self.received = 0
        self._sent_before = outgoing.sent.total()
        self._failure: Exception | None = None

    def run(self) -> None:
        """Carry until stopped; a lost database or broker is waited for, what else goes wrong is raised."""
        if not self.routes.name:
            raise EventBusError('There is no bridge: EVENTBUS["BRIDGE"] says nothing. See eventbus/bridge.')
        threads = [
            threading.Thread(target=self._keep_at, args=(work,), name=work.__name__)
            for work in (self._send, self._receive)
        ]
        for thread in threads:
            thread.start()
        self._report_until_stopped()
        for thread in threads:
            thread.join()
        sent, received = self._carried()
        logger.info("bridge_stopped", extra={"sent": sent, "received": received})
        if self._failure:
            raise self._failure

    def _keep_at(self, work: Callable[[], None]) -> None:
        try:
            while not self.stop.is_set():
                try:
                    work()
                except (Error, BrokerDown) as error:
                    logger.warning("bridge_waits", extra={"reason": str(error).strip()})
                except RestoredCluster as refusal:
                    cluster.say_once(refusal)
                connection.close()
                self.stop.wait(AGAIN_SECONDS)
        except Exception as failure:  # it ends the process, which is started again
            self._failure = failure
        finally:
            self.stop.set()
            connection.close()

    def _report_until_stopped(self) -> None:
        before = (0, 0)
        while not self.stop.wait(REPORT_SECONDS):
            if (now := self._carried()) != before:
                logger.info("bridge_carried", extra={"sent": now[0], "received": now[1]})
            before = now

    def _carried(self) -> tuple[int, int]:
        return outgoing.sent.total() - self._sent_before, self.received

    def _send(self) -> None:
        ensure_checkpoints()
        known = {subscription.name for subscription in subscriptions()}
        lanes = [(lane_of(peer), 0) for peer in self.routes.send if lane_of(peer) in known]
        logger.info("bridge_sends", extra={"peers": ", ".join(self.routes.send)})
        pause = BUSY_SECONDS
        while not self.stop.is_set():
            busy = sum(draining.deliver(lane) for lane in lanes)
            pause = BUSY_SECONDS if busy else min(pause * 1.5, QUIET_SECONDS)
            self.stop.wait(pause)

    def _receive(self) -> None:
        if not self._receives_alone():
            return
        transport = connect(self.routes.broker)
        try:
            self._receive_from(transport)
        finally:
            transport.close()

    def _receives_alone(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [RECEIVER_LOCK])
            return bool(cursor.fetchone()[0])

    def _receive_from(self, transport: Transport) -> None:
        logger.info("bridge_receives", extra={"peers": self.routes.name})
        looked = forgot = 0.0
        while not self.stop.is_set():
            if monotonic() - looked > HELD_SECONDS:
                looked = monotonic()
                inbox.take_held()
            if monotonic() - forgot > FORGET_SECONDS:
                forgot = monotonic()
                inbox.forget()
            parcels = transport.receive(self.routes.name, BATCH, LISTEN_SECONDS)
            if not parcels:
                self._need_database()
                continue
            self.received += inbox.take([parcel.body for parcel in parcels])
            transport.acknowledge(self.routes.name, parcels)

    def _need_database(self) -> None:
        """Raise where the connection is gone, and with it the lock by which nobody else receives."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
