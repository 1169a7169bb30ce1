"""The commands of the runbooks do what they are for, typed on a shop that is in trouble."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

import psycopg
import pytest
from django.core.management import call_command
from django.db import transaction

from eventbus import Reject
from eventbus.models import Delivery, SagaState
from eventbus.subscriptions import Call, subscription
from eventbus.testing import drain
from orders.models import Order
from tests.acceptance.processes import environment
from tests.docs.examples import PAGES, blocks
from tests.journeys.shopper import Shopper

STEP, PAUSED = "orders.schedule_shipment", "orders.send_mail"
TYPED = sorted(
    {
        line
        for page in PAGES
        if page.startswith("docs/operate/runbooks/")
        for block in blocks(page, "sh")
        for line in block.code.splitlines()
    }
)
COMMANDS = [line.removeprefix("manage.py ") for line in TYPED if line.startswith("manage.py ")]
REQUESTS = [line for line in TYPED if line.startswith("curl ")]


@dataclass
class Trouble:
    """An order that does not move, because a step of its checkout has failed for good."""

    names: dict[str, str]

    def filled_in(self, command: str) -> list[str]:
        """The command's words, with what the runbook leaves open."""
        names = self.names | ({"NAME": PAUSED} if " resume " in command else {})
        return [
            re.sub(r"\b[A-Z]{2,}\b", lambda it: names.get(it[0], it[0]), word)
            for word in shlex.split(command)
        ]


@pytest.fixture
def trouble(shopper: Shopper, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trouble]:
    def refuse(command: object) -> None:
        raise Reject("the carrier knows no such street")

    consumer = subscription(STEP).consumer
    with monkeypatch.context() as broken:
        broken.setattr(consumer, "call", Call(refuse, consumer.call.accepts, wants_envelope=False))
        shopper.pick("BOWL")
        shopper.order()
        drain()
    call_command("subscriptions", "pause", PAUSED, "--reason", "sends wrong mails", stdout=StringIO())
    with psycopg.connect(environment()["DATABASE_URL"]) as hung:
        yield Trouble(
            {
                "ID": str(Delivery.objects.get(state="dead").pk),
                "KEY": SagaState.objects.get().key,
                "NAME": STEP,
                "NUMBER": Order.objects.get().number,
                "PID": str(hung.info.backend_pid),
            }
        )


def test_every_command_of_the_runbooks_can_be_carried_out(trouble: Trouble) -> None:
    refused: dict[str, BaseException] = {}
    for command in COMMANDS:
        if command.startswith("dbshell") and not shutil.which("psql"):
            continue
        try:
            carry_out(*trouble.filled_in(command))
        except (Exception, SystemExit) as error:
            refused[command] = error

    doctor = refused.pop("eventbus_doctor")  # its exit code says how things are
    assert isinstance(doctor, SystemExit)
    assert refused == {}


def carry_out(*words: str) -> None:
    """Run a command; what it has decided is undone, so that each finds the same trouble."""
    said = StringIO()
    if words[0] not in ("dead_letters", "sagas", "subscriptions"):
        call_command(*words, stdout=said)
        return
    with transaction.atomic():
        call_command(*words, stdout=said)
        transaction.set_rollback(True)
    assert said.getvalue(), "it says nothing"


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl: apt install curl")
@pytest.mark.parametrize("request_line", REQUESTS)
def test_a_request_of_the_runbooks_is_answered(request_line: str, shop_url: str) -> None:
    asked = request_line.replace("http://127.0.0.1:8000", shop_url)
    answer = subprocess.run(["sh", "-c", asked], capture_output=True, text=True, check=True)

    assert re.match(r'200|\{"status"|# HELP ', answer.stdout)
