"""manage.py sagas: where sagas stand, their stories, and what a person decides about those that are stuck."""

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from eventbus import steering, stories
from eventbus.errors import EventBusError
from eventbus.models import SagaState

MOST_LISTED = 200


class Command(BaseCommand):
    """Lists, tells, retries, skips, compensates and resolves sagas."""

    help = "Sagas: where they stand, their stories, and what to do about those that are stuck."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the acts and their options."""
        acts = parser.add_subparsers(
            dest="act", required=True, metavar="list|show|retry|skip|compensate|resolve"
        )
        listed = acts.add_parser("list", help="the sagas that need a person (--all: the newest of all)")
        listed.add_argument("saga", nargs="?", default="", help="of this saga only, such as orders.checkout")
        listed.add_argument("--all", action="store_true", help="those that are well, too")
        for act, says in (
            ("show", "the saga's story"),
            ("retry", "try its dead steps again, with their full number of attempts"),
            ("skip", "give a dead step up because it was done by hand; the saga goes on"),
            ("compensate", "have it take back what it has done"),
            ("resolve", "end it as it is, with a note: it was put right elsewhere"),
        ):
            one = acts.add_parser(act, help=says)
            one.add_argument("saga", help="its name, such as orders.checkout")
            one.add_argument("key", help="its key, as the list names it")
            if act == "skip":
                one.add_argument("step", help="the type of the step's command, as its story names it")
            if act != "show":
                one.add_argument(
                    "--actor", default="", help="who decides; default the account that runs this"
                )
                one.add_argument(
                    "--reason", default="", required=act != "retry", help="why; kept with the act"
                )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do one act."""
        try:
            self._act(options)
        except EventBusError as refusal:
            raise CommandError(str(refusal)) from refusal

    def _act(self, options: dict[str, Any]) -> None:
        if options["act"] == "list":
            self._list(options["saga"], everything=options["all"])
            return
        name, key = options["saga"], options["key"]
        if options["act"] != "show":
            self._decide(options["act"], name, key, options)
        self._tell(stories.story(name, key))

    def _decide(self, act: str, name: str, key: str, options: dict[str, Any]) -> None:
        actor, reason = options["actor"] or getpass.getuser(), options["reason"]
        match act:
            case "retry":
                steering.retry(name, key, actor=actor, reason=reason)
            case "skip":
                steering.skip(name, key, options["step"], actor=actor, reason=reason)
            case "compensate":
                steering.compensate(name, key, actor=actor, reason=reason)
            case "resolve":
                steering.resolve(name, key, actor=actor, note=reason)

    def _list(self, name: str, *, everything: bool) -> None:
        if name:
            stories.saga_class(name)
        if everything:
            rows = SagaState.objects.filter(**{"saga": name} if name else {}).order_by("-pk")[:MOST_LISTED]
            for state in rows:
                self.stdout.write(f"{state.saga}  {state.key}  {state.status}  {_moment(state.updated_at)}")
            return
        waiting = list(stories.stuck(name)[:MOST_LISTED])
        if not waiting:
            self.stdout.write("No saga needs a person.")
        for state in waiting:
            why = "a step is dead" if state.dead else "nothing is on its way"  # type: ignore[attr-defined]
            self.stdout.write(
                f"{state.saga}  {state.key}  {state.status}  {_moment(state.updated_at)}  {why}"
            )

    def _tell(self, story: stories.Story) -> None:
        self.stdout.write(f"{story.saga} {story.key}: {story.status}\n")
        for chapter in story.chapters:
            self.stdout.write(f"{_moment(chapter.at)}  {chapter.title}. {chapter.why}".rstrip())
            for step in chapter.steps:
                self.stdout.write(f"{'':21}→ {step}  [{step.type}]")
        for timeout in story.timeouts:
            self.stdout.write(f"still to come: {timeout}")


def _moment(at: Any) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}"
