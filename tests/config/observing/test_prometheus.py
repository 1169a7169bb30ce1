"""What the dashboard and the alerts ask is asked of a real Prometheus that has scraped the real shop."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from django.db import connection, transaction
from django.test import Client
from pytest_django import Settings

from config.local import processes
from eventbus import Command, Event, publish
from eventbus.testing import drain
from tests.config.observing.test_operating import OPERATE, QUERIES, RULES
from tests.docs.examples import blocks
from tests.eventbus import toys
from tests.eventbus.toys import Counted
from tests.journeys.shopper import DECLINED, Shopper

PROGRAM = shutil.which("prometheus")
TOKEN = "the value of METRICS_TOKEN"
PATIENCE_SECONDS = 60
NONE: dict[str, list[Any]] = {"result": []}
pytestmark = pytest.mark.skipif(not PROGRAM, reason="no prometheus: apt install prometheus")


class Prometheus:
    """A Prometheus that scrapes the shop as the page tells, only more often."""

    def __init__(self, folder: Path, shop_url: str) -> None:
        (told,) = blocks("docs/operate/README.md", "yaml")
        config = yaml.safe_load(told.code)
        (job,) = config["scrape_configs"]
        job |= {"scheme": "http", "static_configs": [{"targets": [shop_url.removeprefix("http://")]}]}
        config["rule_files"] = [str(OPERATE.parents[1] / name) for name in config["rule_files"]]
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        address = f"{processes.LOOPBACK}:{processes.free_port()}"
        self._api = httpx.Client(base_url=f"http://{address}/api/v1/", trust_env=False)
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    str(PROGRAM),
                    f"--config.file={folder}/prometheus.yml",
                    f"--storage.tsdb.path={folder}/data",
                    f"--web.listen-address={address}",
                ],
                stdout=log,
                stderr=log,
            )

    def ask(self, path: str, **parameters: str) -> Any:
        """Its answer; None as long as it is not ready."""
        try:
            asked = self._api.get(path, params=parameters)
        except httpx.TransportError:
            return None
        if asked.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            return None
        answer = asked.json()
        assert answer["status"] == "success", (parameters, answer)
        return answer["data"]

    def unanswered(self, queries: Mapping[str, str]) -> list[str]:
        """Those of the queries that are answered without a series."""
        asked = ((where, part) for where, query in queries.items() for part in series_of(query))
        return [
            f"{where}: {part}"
            for where, part in asked
            if not (self.ask("query", query=part) or NONE)["result"]
        ]

    def stop(self) -> None:
        """End it."""
        self._api.close()
        self._process.terminate()
        self._process.wait()


@pytest.fixture
def prometheus(
    toy_bus: None, shopper: Shopper, shop_url: str, settings: Settings, tmp_path: Path
) -> Iterator[Prometheus]:
    """It watches while somebody buys, a handler fails, and the database is away for a moment."""
    settings.METRICS_TOKEN = TOKEN
    running = Prometheus(tmp_path, shop_url)
    try:
        wait_until(lambda: running.unanswered({"it": "up == 1"}))
        trade(shopper)
        yield running
    finally:
        running.stop()


def trade(shopper: Shopper) -> None:
    """Something for every metric to tell of."""

    def fail(message: Event | Command) -> None:
        raise ValueError

    toys.behaviour["listener"] = fail
    with transaction.atomic():
        publish(Counted(counter="a", number=1))
    with pytest.MonkeyPatch.context() as patch:
        connection.close()
        patch.setitem(connection.settings_dict, "PORT", 1)
        assert Client().get("/readyz").status_code == 503  # the database is away
    connection.close()
    shopper.pick("BOWL")
    shopper.order()
    shopper.pick("CANDLE")
    shopper.order(card_number=DECLINED)
    drain()


def series_of(query: str) -> list[str]:
    """What a query compares or leaves out by, asked for so that it answers whether or not it is so."""
    parts = re.split(r"\s+unless(?: on \([^)]*\))?\s+", re.sub(r"absent\((.*)\)", r"\1", query))
    return [re.sub(r" (==|>|<) (?!bool)", r" \1 bool ", part) for part in parts]


def wait_until(missing: Callable[[], list[str]]) -> None:
    """Until nothing is missing."""
    end = time.monotonic() + PATIENCE_SECONDS
    while found := missing():
        assert time.monotonic() < end, found
        time.sleep(0.2)


def test_what_is_asked_of_a_query_answers_whether_or_not_it_is_so() -> None:
    assert series_of("absent(a) == 0") == ["a == bool 0"]
    assert series_of('sum by (x) (a{c=~"5.."}) > 60 unless on (x) b == 1') == [
        'sum by (x) (a{c=~"5.."}) > bool 60',
        "b == bool 1",
    ]


def test_every_query_of_the_dashboard_and_the_alerts_is_answered(prometheus: Prometheus) -> None:
    wait_until(lambda: prometheus.unanswered(QUERIES))

    rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
    assert {rule["name"]: rule["health"] for rule in rules} == {rule["alert"]: "ok" for rule in RULES}
