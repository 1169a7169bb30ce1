"""The log in the admin, however long it is: a search, a page for each message, and the map."""

import json
from functools import cache
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse

from eventbus import partitions
from eventbus.admin.console import ConsoleAdmin
from eventbus.contracts.mapping import Heard, event_map
from eventbus.looking import picture
from eventbus.looking.handling import handlings
from eventbus.looking.lineage import lineage
from eventbus.looking.searching import Result, Search, TooSlow, published_at, search
from eventbus.looking.traffic import traffic
from eventbus.models import Message, SagaState
from eventbus.registry import message_classes
from eventbus.subscriptions import subscriptions

LARGEST_POSITION = 2**63 - 1


class SearchForm(forms.Form):
    """What is looked for, as it stands in the address."""

    q = forms.CharField(required=False, label="Stream, number or id", strip=True)
    type = forms.CharField(required=False)
    kind = forms.ChoiceField(
        required=False, choices=[("", "any"), ("event", "event"), ("command", "command")]
    )
    since = forms.DateTimeField(required=False, label="Published from")
    until = forms.DateTimeField(required=False, label="until")
    payload = forms.CharField(required=False, label="Payload contains")
    before = forms.CharField(required=False)

    def clean_payload(self) -> Any:
        """JSON; where it is none, a field and its value: `sku=TEAPOT`."""
        text: str = self.cleaned_data["payload"].strip()
        if not text:
            return None
        try:
            return json.loads(text)
        except ValueError:
            name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise forms.ValidationError('Write JSON such as {"sku": "TEAPOT"}, or sku=TEAPOT.')
        try:
            return {name.strip(): json.loads(value)}
        except ValueError:
            return {name.strip(): value.strip()}

    def wanted(self) -> Search:
        """The search; what could not be read is left out of it."""
        data = self.cleaned_data
        term = data.get("q", "")
        before = data.get("before", "")
        return Search(
            type=data.get("type", ""),
            kind=data.get("kind", ""),
            since=data.get("since"),
            until=data.get("until"),
            payload=data.get("payload"),
            before=min(int(before), LARGEST_POSITION) if before.isdecimal() else None,
            **_term(term),
        )


def _term(term: str) -> dict[str, Any]:
    """A number is a position, an id that of a message or a story, anything else a stream."""
    if not term:
        return {}
    if term.isdecimal():
        return {"number": min(int(term), LARGEST_POSITION)}
    try:
        return {"id": UUID(term)}
    except ValueError:
        return {"stream": term}


@admin.register(Message)
class MessageAdmin(ConsoleAdmin):
    """The log."""

    def get_urls(self) -> list[Any]:
        """The map, beside Django's own pages."""
        own: list[URLPattern] = [
            path("map/", self.admin_site.admin_view(self.map_view), name="eventbus_map"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """A page of the search."""
        self.need(request, "view_message")
        form = SearchForm(request.GET)
        form.is_valid()
        result, refusal = Result([]), ""
        if not form.errors:
            try:
                result = search(form.wanted())
            except TooSlow as slow:
                refusal = str(slow)
        told = handlings([found.position for found in result.messages])
        return self.show(
            request,
            "messages",
            "Messages",
            form=form,
            types=sorted(cls.contract.name for cls in message_classes()),
            result=result,
            rows=[(found, told.get(found.position, [])) for found in result.messages],
            refusal=refusal,
            searching=any(value for name, value in request.GET.items() if name != "before"),
            in_the_log=partitions.estimated_messages(),
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page of one message."""
        self.need(request, "view_message")
        number = int(object_id) if object_id.isdecimal() else 0
        message = Message.objects.filter(pk=min(number, LARGEST_POSITION)).first()
        if message is None:
            raise Http404(f"There is no message {object_id} in the log.")
        tree = lineage(message.pk, message.uuid, message.correlation_id)
        return self.show(
            request,
            "message",
            f"Message {message.pk}",
            message=message,
            published_at=published_at(message.uuid),
            handlings=handlings([message.pk]).get(message.pk, []),
            tree=tree,
            links=_links(message.stream),
        )

    def map_view(self, request: HttpRequest) -> HttpResponse:
        """Who says what to whom, with what went over each arrow lately."""
        self.need(request, "view_message")
        heard, lately = code_map(), traffic()
        rooms = sorted({one.room for one in heard})
        room = request.GET.get("room", "")
        drawn = (
            picture.of_room(room, heard, lately.per_minute)
            if room in rooms
            else picture.whole(heard, lately.per_minute)
        )
        return self.show(
            request,
            "map",
            "Who says what to whom",
            drawn=drawn,
            rooms=rooms,
            room=room if room in rooms else "",
            lately=lately,
            rows=[(one, lately.per_minute.get(one.type, 0.0)) for one in heard if room in ("", one.room)],
        )


@cache
def code_map() -> list[Heard]:
    """The map. The code does not change while it runs."""
    return event_map()


def _links(stream: str) -> list[tuple[str, str]]:
    """(title, address) of the pages that a stream's thing has: its sagas, and what the project names.

    `EVENTBUS["STREAM_PAGES"] = {"order-": "admin:orders_order_change"}` names the page that shows what the
    streams of a prefix are about; it is given the rest of the stream's name.
    """
    pages: dict[str, str] = getattr(settings, "EVENTBUS", {}).get("STREAM_PAGES", {})
    found = []
    for prefix, page in pages.items():
        if stream.startswith(prefix):
            try:
                found.append((prefix.rstrip("-:/"), reverse(page, args=[stream.removeprefix(prefix)])))
            except NoReverseMatch:
                continue
    keys = {
        s.name: stream.removeprefix(prefix)
        for s in subscriptions()
        if s.queue == "sagas" and stream.startswith(prefix := s.consumer.starts[0].contract.stream_prefix)
    }
    for state in SagaState.objects.filter(saga__in=keys, key__in=keys.values()):
        if keys[state.saga] == state.key:
            found.append((f"saga {state.saga}", reverse("admin:eventbus_sagastate_change", args=[state.pk])))
    return found
