"""The process that helps an import to deliver."""

import subprocess
from collections.abc import Generator

import pytest
from django.core.management import call_command

from eventbus import vital_signs
from orders.importing.helping import COMMAND, helper
from orders.models import Order
from tests.acceptance.processes import ROOT, environment, eventually
from tests.orders.builders import a_cart, an_article, an_order
from tests.orders.test_import_sales import SALES, assert_imported

pytestmark = pytest.mark.usefixtures("bus")


@pytest.fixture
def helping() -> Generator["subprocess.Popen[bytes]"]:
    """The helper, with somebody at its input."""
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, cwd=ROOT, env=environment()) as process:
        yield process
        process.kill()


def nothing_waits() -> bool:
    return not any(finding.number for finding in vital_signs() if finding.check == "lag")


def test_two_processes_import_what_one_does() -> None:
    call_command("import_sales", SALES, processes=2, chunk_size=2)

    assert_imported()


def test_a_helper_delivers_what_it_is_not_told_of() -> None:
    with helper(2):
        an_article()
        eventually(nothing_waits, ROOT / "no log")


def test_a_helper_ends_with_the_one_it_helps_and_delivers_before(helping: "subprocess.Popen[bytes]") -> None:
    assert helping.stdin
    order_id = an_order(a_cart(an_article()), card_token="tok_visa")

    helping.stdin.close()

    assert helping.wait(30) == 0
    assert Order.objects.get().pk == order_id
    assert nothing_waits()


def test_alone_there_is_no_helper() -> None:
    with helper(1):
        an_article()

    assert not nothing_waits()
