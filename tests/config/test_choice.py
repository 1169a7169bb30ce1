"""Which programs run a private server: those that its data directory belongs to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local.account import Account
from config.local.binaries import Binaries
from config.local.errors import NoServer
from config.local.postgres import Postgres
from config.local.servers import Instance
from config.local.services import Services
from config.local.state import State

ACCOUNT = Account.for_servers()


@pytest.fixture(autouse=True)
def _no_wish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_SERVICES", raising=False)


def programs(source: str, version: str) -> Binaries:
    """Programs as a search would find them."""
    return Binaries("postgres", source, version, Path("/usr/bin"))


class Shelf(Postgres):
    """Postgres on a machine where these versions are installed."""

    def __init__(self, *versions: str) -> None:
        self.versions = versions

    def installed(self, account: Account) -> Iterator[Binaries]:
        return (programs("system", version) for version in self.versions)

    def in_wheel(self) -> Binaries:
        return programs("wheel", "18")


def chosen(server: Shelf, *, last: str = "", choice: str = "") -> str:
    """The key of what is chosen, after a run with the programs named by `last`."""
    instance = Instance(last, Path("/nowhere"), 1, "") if last else None
    return Services(State(Path("/nowhere")), choice)._choose(server, instance, ACCOUNT).key


@pytest.mark.parametrize(
    ("_case", "installed", "last", "choice", "expected"),
    [
        ("installed ones come first", ["17", "15"], "", "", "postgres-system-17"),
        ("else the wheel", [], "", "", "postgres-wheel-18"),
        ("old data keeps its version", ["17", "15"], "postgres-system-15", "", "postgres-system-15"),
        ("its version is gone", ["17"], "postgres-system-15", "", "postgres-system-17"),
        ("the wheel's data stays with it", ["17"], "postgres-wheel-18", "", "postgres-wheel-18"),
        ("wheels asked for", ["17"], "", "wheels", "postgres-wheel-18"),
        ("installed ones asked for", ["17"], "", "system", "postgres-system-17"),
    ],
)
def test_what_is_chosen(_case: str, installed: list[str], last: str, choice: str, expected: str) -> None:
    assert chosen(Shelf(*installed), last=last, choice=choice) == expected


def test_nothing_installed_and_no_wheel_wanted_is_told_in_a_sentence() -> None:
    with pytest.raises(NoServer, match=r"No postgres is installed: install it, or .* SHOP_SERVICES=system"):
        chosen(Shelf(), choice="system")


def test_a_data_directory_of_another_source_is_not_current(tmp_path: Path) -> None:
    record = {"key": "postgres-system-15", "home": "postgres-system-15", "port": 1, "password": ""}
    state = State(tmp_path)
    state.write("services", {"postgres": record["key"], "instances": {record["key"]: record}})

    assert Services(state, "wheels").current(Postgres()) is None
    assert Services(state, "system").current(Postgres()) == Instance.from_record(record, state)


def test_a_folder_that_moved_takes_its_servers_along(tmp_path: Path) -> None:
    here, there = State(tmp_path / "here"), State(tmp_path / "there")
    instance = Instance("postgres-system-15", here.directory / "postgres-system-15", 1, "")

    moved = Instance.from_record(instance.record(here), there)

    assert moved.home == there.directory / "postgres-system-15"
