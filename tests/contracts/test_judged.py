"""The rules against real verdicts: a registry's judged pairs, and five years of a payment API."""

import gzip
import json
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from eventbus.contracts.rules import Breach, breaches
from eventbus.contracts.schemas import closed

MESSAGES = Path(__file__).resolve().parents[3] / "shared" / "data" / "messages"
PAIRS, HISTORY = MESSAGES / "jsonschema_compatibility.json", MESSAGES / "stripe_schema_history.jsonl.gz"

# Where our verdict is another one, by place in the table: (theirs, ours, why).
EXPLAINED = {
    96: (
        "none",
        "both",
        "`type` is a string and `const` a list: nothing at all can be written, and nothing is refused.",
    ),
    114: (
        "backward",
        "both",
        "We read `oneOf` as `anyOf`: whether two branches ever overlap is not decided. Messages have none.",
    ),
}


def _verdict(pair: dict[str, Any]) -> str:
    backward = not breaches(pair["original"], pair["updated"])
    forward = not breaches(pair["updated"], pair["original"])
    return {
        (True, True): "both",
        (True, False): "backward",
        (False, True): "forward",
        (False, False): "none",
    }[backward, forward]


@pytest.mark.skipif(not PAIRS.exists(), reason="the judged pairs are not here")
def test_judged_pairs_are_judged_alike_but_for_two_that_are_explained() -> None:
    pairs = json.loads(PAIRS.read_text())["tests"]

    differing = {
        place: (pair["compatibility"], _verdict(pair))
        for place, pair in enumerate(pairs)
        if _verdict(pair) != pair["compatibility"]
    }

    assert len(pairs) == 145
    assert differing == {place: (theirs, ours) for place, (theirs, ours, _) in EXPLAINED.items()}


def _steps() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    resources = defaultdict(list)
    with gzip.open(HISTORY, "rt") as lines:
        for line in lines:
            row = json.loads(line)
            resources[row["resource"]].append(row["schema"])
    return [(name, old, new) for name, versions in resources.items() for old, new in pairwise(versions)]


def _at_the_top(found: list[Breach], rule: str) -> set[str]:
    return {breach.path for breach in found if breach.rule == rule and "." not in breach.path}


@pytest.mark.skipif(not HISTORY.exists(), reason="the schema history is not here")
def test_the_changes_of_a_real_api_are_told_apart() -> None:
    verdicts = Counter(
        (not breaches(closed(old), new), not breaches(closed(new), old)) for _, old, new in _steps()
    )

    assert verdicts == {(True, True): 67, (False, True): 56, (True, False): 28, (False, False): 22}


@pytest.mark.skipif(not HISTORY.exists(), reason="the schema history is not here")
def test_a_field_that_became_required_or_stopped_being_so_is_named_each_time() -> None:
    steps = grew = shrank = 0
    for _, old, new in _steps():
        before, after = set(old.get("required", ())), set(new.get("required", ()))
        steps, grew, shrank = steps + 1, grew + bool(after - before), shrank + bool(before - after)

        assert _at_the_top(breaches(closed(old), new), "required") == after - before
        assert _at_the_top(breaches(closed(new), old), "required") == before - after

    assert (steps, grew, shrank) == (173, 16, 11)


@pytest.mark.skipif(not HISTORY.exists(), reason="the schema history is not here")
def test_a_choice_that_was_added_or_taken_away_is_named_each_time() -> None:
    changed: Counter[str] = Counter()
    for _, old, new in _steps():
        for name in old.get("properties", {}).keys() & new.get("properties", {}).keys():
            before, after = (set(side["properties"][name].get("enum") or ()) for side in (old, new))
            if before and after and before != after:
                changed["grew"] += bool(after - before)
                changed["shrank"] += bool(before - after)
                backward, forward = breaches(closed(old), new), breaches(closed(new), old)
                assert (name in _at_the_top(backward, "enum")) == bool(before - after)
                assert (name in _at_the_top(forward, "enum")) == bool(after - before)

    assert changed["grew"] >= 14
    assert changed["shrank"] >= 4
