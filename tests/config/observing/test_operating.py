"""What operators are given fits what there is: metrics, alerts, dashboard, the commands of the runbooks."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import transaction
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from eventbus import Command, Event, publish
from eventbus.testing import drain
from tests.eventbus import toys
from tests.eventbus.toys import Counted
from tests.journeys.shopper import Shopper

ROOT = Path(__file__).resolve().parents[3]
OPERATE = ROOT / "docs/operate"
RUNBOOKS = sorted((OPERATE / "runbooks").glob("*.md"))
RULES = [
    rule
    for group in yaml.safe_load((OPERATE / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
PANELS: list[dict[str, Any]] = json.loads((OPERATE / "dashboard.json").read_text())["panels"]
QUERIES = {rule["alert"]: rule["expr"] for rule in RULES} | {
    f"{panel['title']} {target['refId']}": target["expr"]
    for panel in PANELS
    for target in panel.get("targets", ())
}
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(not PROMTOOL, reason="no promtool: apt install prometheus")
WORDS = {"by", "on", "unless", "and", "or", "without", "ignoring", "le"}


@pytest.fixture
def told(toy_bus: None, shopper: Shopper) -> dict[str, set[str]]:
    """The labels of every metric on the page, once somebody has bought something and a handler has failed."""

    def fail(message: Event | Command) -> None:
        raise ValueError

    toys.behaviour["listener"] = fail
    with transaction.atomic():
        publish(Counted(counter="a", number=1))
    shopper.pick("BOWL")
    shopper.order()
    drain()
    page = Client().get("/metrics").content.decode()
    return {
        sample.name: set(sample.labels)
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def metrics_in(query: str) -> Iterator[tuple[str, set[str]]]:
    """Each metric that a query names, with the labels that it must have."""
    grouped = {
        label.strip()
        for labels in re.findall(r"\b(?:by|on) \(([^)]*)\)", query)
        for label in labels.split(",")
    }
    bare = re.sub(r"\b(?:by|on) \([^)]*\)|\"[^\"]*\"|\[\w+\]", "", query)
    for name, matchers in re.findall(
        r"\b([a-z_]\w*)\b(?!\s*\()(\{[^}]*\})?", re.sub(r"\{[^}]*\}", _kept, bare)
    ):
        if name not in WORDS:
            yield name, grouped | set(re.findall(r"(\w+)=", matchers))


def _kept(matchers: re.Match[str]) -> str:
    """Matchers without names that would look like metrics."""
    return "{" + ",".join(f"{name}=" for name in re.findall(r"(\w+)\s*[=!]", matchers[0])) + "}"


def test_the_metrics_of_a_query_are_found() -> None:
    query = (
        'sum by (le, route) (rate(a_bucket{code=~"5..",x!="b"}[5m])) > 0.3 * max(b_c) unless on (q) z == 1'
    )

    grouped = {"le", "route", "q"}
    assert list(metrics_in(query)) == [
        ("a_bucket", grouped | {"code", "x"}),
        ("b_c", grouped),
        ("z", grouped),
    ]


def test_every_metric_that_is_asked_for_exists_with_those_labels(told: dict[str, set[str]]) -> None:
    wrong = []
    for where, query in QUERIES.items():
        found = list(metrics_in(query))
        assert found, where
        wrong += [f"{where}: {name}" for name, _ in found if name not in told]
        labels = set.union(*(told.get(name, set()) for name, _ in found))
        wrong += [f"{where}: {name} by {asked - labels}" for name, asked in found if asked - labels]

    assert len(QUERIES) > 40
    assert wrong == []


def test_every_metric_is_explained_and_shown(told: dict[str, set[str]]) -> None:
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in told if not name.endswith("_created")}
    rows = dict(
        re.findall(r"^\| `(\w+_\w+)` \| (.*?) \|", (OPERATE / "README.md").read_text(), flags=re.MULTILINE)
    )
    shown = " ".join(QUERIES.values())

    assert set(rows) == families
    assert [name for name in families if name not in shown] == []
    labels = {name: told.get(name, told.get(f"{name}_count", set())) for name in families}
    assert {name: set(re.findall(r"\w+", row)) for name, row in rows.items()} == labels


@needs_promtool
def test_prometheus_reads_the_rules_and_the_dashboard_s_queries(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(QUERIES.values())]
    queries = tmp_path / "queries.yml"
    queries.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    command = [str(PROMTOOL), "check", "rules", str(OPERATE / "alerts.yml"), str(queries)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"SUCCESS: {len(RULES)} rules found" in checked.stdout


@needs_promtool
def test_alerts_burn_when_they_should(tmp_path: Path) -> None:
    command = [str(PROMTOOL), "test", "rules", str(Path(__file__).with_name("alerts.yml"))]
    tested = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)

    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_panels_have_their_own_place_and_name() -> None:
    names = [(panel["title"], panel["id"]) for panel in PANELS]
    taken = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in PANELS
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]

    assert len({title for title, _ in names}) == len({number for _, number in names}) == len(PANELS)
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < 24


def test_every_alert_has_its_page_and_every_page_its_alert() -> None:
    pages = {rule["alert"]: rule["annotations"]["runbook"] for rule in RULES}

    assert pages == {page.stem: str(page.relative_to(ROOT)) for page in RUNBOOKS}
    assert {rule["labels"]["severity"] for rule in RULES} == {"critical", "warning"}


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda page: page.stem)
def test_a_page_says_what_it_means_how_to_look_and_what_to_do(page: Path) -> None:
    text = page.read_text()

    assert re.findall(r"^\*\*(.+?)\.\*\*", text, flags=re.MULTILINE) == [
        "What it means",
        "How to look",
        "What to do",
    ]
    named = set(re.findall(r"(?<!\*)\*([A-Z][a-z]+[A-Z]\w+)\*(?!\*)", text))
    assert named <= {other.stem for other in RUNBOOKS}
