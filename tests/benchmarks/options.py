"""What `make bench ARGS="…"` may say."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.systems.catalogue import PEERS

PEER_NAMES = tuple(peer.name for peer in PEERS)
SECTIONS = (
    *("publishing", "delivery", "latency", "limits", "memory", "long-life"),
    *("checkout", "outage", "browsing", "import"),
)
QUICK_SHARE = 40


class Options(NamedTuple):
    """How much to measure, and what to do with it."""

    sections: tuple[str, ...] = SECTIONS
    peers: tuple[str, ...] = PEER_NAMES
    rounds: int = 5
    quick: bool = False
    json: Path | None = None
    write_docs: Path | None = None

    def size(self, messages: int) -> int:
        """How many of these a run of this size takes."""
        return max(messages // QUICK_SHARE, 50) if self.quick else messages


def parse(arguments: Sequence[str], newest: Path) -> Options:
    """Read the command line. newest: the raw numbers that `--write-docs` takes where it names none."""
    given = _parser(newest).parse_args(arguments)
    rounds = given.rounds or (2 if given.quick else 5)
    return Options(
        tuple(given.only or SECTIONS), tuple(given.peers), rounds, given.quick, given.json, given.write_docs
    )


def _parser(newest: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='make bench ARGS="…"', description="The bus beside its peers.")
    add = parser.add_argument
    add("--only", nargs="+", choices=SECTIONS, metavar="SECTION", help=f"of {', '.join(SECTIONS)}")
    add(
        "--peers",
        nargs="*",
        choices=PEER_NAMES,
        default=PEER_NAMES,
        metavar="PEER",
        help=f"of {', '.join(PEER_NAMES)}",
    )
    add("--rounds", type=_positive, help="rounds of everything that is compared (5; with --quick 2)")
    add("--quick", action="store_true", help="a fortieth of everything: to see that it runs, not how fast")
    add("--json", type=Path, metavar="FILE", help=f"where the raw numbers go (default {newest})")
    add(
        "--write-docs",
        nargs="?",
        type=Path,
        const=newest,
        metavar="FILE",
        help="measure nothing: write docs/benchmarks.md and .svg from these raw numbers (default the newest)",
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least one round")
    return number
