"""What the documentation names exists: commands and their options, targets of make, links, files."""

import re
import shlex
from argparse import ArgumentParser, _SubParsersAction
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand, CommandError

from config.observing.vocabulary import EVENTS, KEYS
from eventbus.subscriptions import subscriptions
from tests.benchmarks import options
from tests.docs.examples import PAGES, ROOT, blocks, text_of

TYPED = {"docs/add-a-consumer.md", "docs/add-a-context.md", "docs/use-the-bus.md"}
"""Pages whose tests do all that they say, in a project of their own; others' names are not ours."""
LINES = sorted(
    (page, line)
    for page in sorted(set(PAGES) - TYPED)
    for block in blocks(page, "sh")
    for line in block.code.splitlines()
    if not line.startswith(" ")
)
NAMED = sorted(
    {(page, *found) for page in PAGES for found in re.findall(r"`manage\.py (\w+)([^`]*)`", text_of(page))}
)
LINKS = sorted(
    {(page, link) for page in PAGES for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text_of(page))}
)
FILES = sorted(
    {
        (page, name)
        for page in sorted(set(PAGES) - TYPED)
        for name in re.findall(r"`((?:\w+/)+\w*(?:\.(?:py|md|json|yml|html|css|txt))?)`", text_of(page))
    }
)
THEIRS = {"publish", "admin/base_site.html", "SITE_URL/payments/webhooks/sandbox/"}
"""What a peer of the bus, Django or an address is called."""
ELSEWHERE = {"curl", "docker", "pg_dump", "psql", "celery", "journalctl"}


def parser_of(name: str) -> ArgumentParser:
    """How a command of manage.py reads its arguments."""
    app = get_commands()[name]
    command = app if isinstance(app, BaseCommand) else load_command_class(app, name)
    return command.create_parser("manage.py", name)


def help_of(parser: ArgumentParser) -> str:
    """All that a command tells of itself, and of the verbs that it has."""
    inner = [a for a in parser._actions if isinstance(a, _SubParsersAction)]
    return parser.format_help() + "".join(help_of(one) for action in inner for one in action.choices.values())


def understood(name: str, arguments: list[str]) -> None:
    """Fail unless the command takes them; a placeholder for a number stands for one."""
    arguments = ["17" if argument == "ID" else argument for argument in arguments]
    try:
        parser_of(name).parse_args(arguments)
    except (CommandError, SystemExit) as refusal:
        pytest.fail(f"manage.py {name} {' '.join(arguments)}: {refusal}")


def made(target: str, arguments: list[str]) -> None:
    """Fail unless the Makefile has the target, and what stands behind it takes ARGS."""
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), target
    passed = shlex.split(dict(a.split("=", 1) for a in arguments).get("ARGS", ""))
    if target == "bench":
        options.parse(passed, newest=Path("newest.json"))
    elif target == "chaos":
        understood("chaos", ["tests.chaos.shop:plan", *passed])
    else:
        assert passed == []


@pytest.mark.parametrize(("page", "line"), LINES)
def test_a_line_of_a_block_is_one_that_can_be_typed(page: str, line: str) -> None:
    words = shlex.split(re.sub(r"^(\w+=\S* )+", "", line.partition(" | ")[0]), comments=True)
    program, *arguments = words[1:] if words[0] == "python" else words
    if program == "manage.py":
        understood(arguments[0], arguments[1:])
    elif program == "make":
        made(arguments[0], arguments[1:])
    else:
        assert program in ELSEWHERE
        if "-Q" in arguments:
            queues = arguments[arguments.index("-Q") + 1].split(",")
            assert set(queues) == {one.queue for one in subscriptions()} - {"bridge"}


@pytest.mark.parametrize(("page", "line"), [found for found in LINES if " | " in found[1]])
def test_what_is_looked_for_in_the_log_is_written_there(page: str, line: str) -> None:
    for word in re.findall(r" \| grep (\w+)", line):
        assert word in EVENTS
    for key in re.findall(r"(?<=[\s\[(,])\.(\w+)", line):
        assert key in KEYS


@pytest.mark.parametrize(("page", "name", "arguments"), NAMED)
def test_a_command_takes_what_it_is_said_to_take(page: str, name: str, arguments: str) -> None:
    if name in THEIRS:
        return
    told = help_of(parser_of(name))

    assert set(re.findall(r"--[a-z-]+", arguments)) <= set(re.findall(r"--[a-z-]+", told))
    if "\\|" in arguments:
        verbs = arguments.partition("[")[0].strip().split("\\|")
        assert [verb for verb in verbs if verb not in told] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_target_of_make_exists(page: str) -> None:
    for target in re.findall(r"`(?:\w+=\S+ )?make ([a-z]+)", text_of(page)):
        made(target, [])


def headings(file: Path) -> set[str]:
    """What a link may end with, behind `#`."""
    titles = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_a_link_leads_somewhere(page: str, link: str) -> None:
    path, _, heading = link.partition("#")
    there = ((ROOT / page).parent / path).resolve() if path else ROOT / page

    assert there.exists()
    if heading:
        assert heading in headings(there)


@pytest.mark.parametrize(("page", "name"), FILES)
def test_a_file_that_is_named_exists(page: str, name: str) -> None:
    """From the project's root, or from one of its folders: a room, the tests, the templates."""
    assert name in THEIRS or any((place / name).exists() for place in (ROOT, *ROOT.iterdir()))


def test_each_kind_is_looked_at() -> None:
    assert ("docs/operate/runbooks/SagaOld.md", "manage.py sagas list") in LINES
    assert ("eventbus/README.md", "dead_letters", "") in NAMED
    assert ("README.md", "docs/payments.md#the-sandbox") in LINKS
    assert ("docs/operate/logs.md", "config/observing/redaction.py") in FILES
