"""docs/simple-first-path.md runs as it is written, and docs/when-to-use.md names what exists."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, models, transaction
from django.db.models import F
from pytest_django import DjangoDbBlocker, Settings

import eventbus
from eventbus.checkpoints import ensure_checkpoints
from tests.docs.examples import a_bus_of_its_own, blocks

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
CALL, EVENT, AT_WORK = blocks("docs/simple-first-path.md", "python")


class Order(models.Model):
    """What the customer has ordered."""

    id = models.UUIDField(primary_key=True)
    total = models.IntegerField()

    class Meta:
        app_label = "simple_first_path"
        db_table = "docs_path_order"

    def __str__(self) -> str:
        return str(self.id)


class Points(models.Model):
    """What one customer has earned."""

    customer = models.CharField(primary_key=True, max_length=20)
    points = models.IntegerField(default=0)

    class Meta:
        app_label = "simple_first_path"
        db_table = "docs_path_points"

    def __str__(self) -> str:
        return self.customer


@pytest.fixture
def _tables(bus: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with connection.schema_editor() as editor:
        editor.create_model(Order)
        editor.create_model(Points)
    yield
    with connection.schema_editor() as editor:
        editor.delete_model(Order)
        editor.delete_model(Points)


@pytest.mark.usefixtures("_tables")
def test_the_call_and_the_event_give_the_same_points(settings: Settings) -> None:
    settings.EVENTBUS = {"DISPATCH": "inline", "GUARD": True}
    names: dict[str, Any] = {"__name__": "shop", "Order": Order, "Points": Points, "F": F}
    names |= {"UUID": UUID, "uuid4": uuid4, "transaction": transaction}
    names |= {name: getattr(eventbus, name) for name in eventbus.__all__}

    with a_bus_of_its_own():
        for block in (CALL, EVENT):
            exec(compile(block.code, str(block), "exec"), names)
        ensure_checkpoints()
        exec(compile(AT_WORK.code, str(AT_WORK), "exec"), names)

    assert Order._default_manager.count() == 2


def _links() -> Iterator[tuple[str, str, str]]:
    for page in ("simple-first-path.md", "when-to-use.md", "add-a-consumer.md", "add-a-context.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", (DOCS / page).read_text()):
            yield page, target, ""
    # "`Name` in [file]" and "[file], `name`": the name stands in the file.
    text = re.sub(r"\s+", " ", (DOCS / "when-to-use.md").read_text())
    link = r"\[`[^`]+`\]\(([^)]+)\)"
    for name, target in re.findall(rf"`(\w+)` (?:in |\(){link}", text):
        yield "when-to-use.md", target, name
    for target, name in re.findall(rf"{link}, `(\w+)`", text):
        yield "when-to-use.md", target, name


@pytest.mark.parametrize(("page", "target", "name"), sorted(set(_links())))
def test_a_page_names_what_exists(page: str, target: str, name: str) -> None:
    there = (DOCS / target).resolve()

    assert there.exists()
    if name:
        assert re.search(rf"^\s*(class|def) {name}\b|\b{name}\(", there.read_text(), re.MULTILINE)
