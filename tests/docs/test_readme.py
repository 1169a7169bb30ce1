"""README.md tells of the project as it is: its map, its rooms, and an order's story."""

import re
import tomllib

import pytest

from eventbus import drain
from eventbus.models import Message
from orders.models import Order
from tests.docs.examples import ROOT, blocks, text_of
from tests.journeys.shopper import Shopper

MAP, STORY = (block.code for block in blocks("README.md", "text"))
ENTRIES = re.findall(r"^(\w+)/(.*(?:\n .*)*)", MAP, re.MULTILINE)


def test_the_map_shows_every_folder() -> None:
    there = {each.parent.name for each in ROOT.glob("*/*") if each.parent.name[0] not in "._"}

    assert {folder for folder, _ in ENTRIES} == there


@pytest.mark.parametrize(("folder", "said"), ENTRIES)
def test_what_the_map_says_is_in_a_folder_is_there(folder: str, said: str) -> None:
    named = re.findall(r"(?<![\w./])((?:\w+/)+)", said)

    assert [name for name in named if not ((ROOT / folder / name).is_dir() or (ROOT / name).is_dir())] == []


def test_the_rooms_doors_are_those_that_the_checks_hold() -> None:
    contracts = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (doors,) = (one["layers"] for one in contracts if one["name"] == "Commands go down, events come up")

    assert f"`{' → '.join(doors)}`" in text_of("README.md")


def test_an_order_has_the_story_that_is_told(shopper: Shopper) -> None:
    told = re.findall(r"\w+", STORY)
    shopper.pick("BOWL")
    shopper.order()
    drain()

    stream = f"order-{Order.objects.get().pk}"
    types = Message.objects.filter(stream=stream).order_by("position").values_list("type", flat=True)
    happened = ["".join(map(str.title, name.partition(".")[2].split("_"))) for name in types]
    assert [name for name in happened if name in told] == told
