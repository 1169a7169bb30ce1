"""The mails of accounts: written when they are sent, and never kept, for their links open an account."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from config.accounts import tokens
from config.accounts.models import AskedMail
from eventbus import Record
from orders.errors import MailRefused, OrdersError
from orders.queries import order_by_number, order_state
from orders.services import order_link
from orders.services.notifying import deliver

MOST_AN_HOUR = 5
_KEPT = timedelta(days=1)


class Letter(NamedTuple):
    """One mail: where to, which template, and what it tells."""

    recipient: str
    template: str
    facts: dict[str, Any]


def send(mail_id: UUID) -> Record | None:
    """Send what was asked for, unless it was sent before or the address has had enough of it."""
    asked = AskedMail.objects.filter(pk=mail_id, sent_at=None).first()
    if asked is None:
        return None
    if not _had_enough(asked):
        for letter in _WRITERS[asked.kind](asked):
            text = render_to_string(f"accounts/mail/{letter.template}.txt", letter.facts)
            subject, _, body = text.partition("\n")
            # Anybody can type an address where nobody reads mail: no reason to try it again.
            with suppress(MailRefused):
                deliver(letter.recipient, subject, body.strip() + "\n", mail_id)
    return lambda: _settle(mail_id)


def _settle(mail_id: UUID) -> None:
    AskedMail.objects.filter(pk=mail_id).update(sent_at=timezone.now())
    AskedMail.objects.filter(asked_at__lt=timezone.now() - _KEPT).delete()


def _had_enough(asked: AskedMail) -> bool:
    """So that nobody's mailbox is filled by whoever types its address."""
    before = AskedMail.objects.filter(
        email=asked.email, asked_at__gt=asked.asked_at - timedelta(hours=1), asked_at__lt=asked.asked_at
    )
    return before.count() >= MOST_AN_HOUR


def _join(asked: AskedMail) -> Iterator[Letter]:
    if User.objects.filter(username=asked.email).exists():
        facts = {"log_in": _link("log_in"), "reset": _link("reset")}
        yield Letter(asked.email, "known", facts)
        return
    token = tokens.write(tokens.JOIN, email=asked.email, **asked.about)
    yield Letter(asked.email, "join", {"link": _link("joined", token=token)})


def _reset(asked: AskedMail) -> Iterator[Letter]:
    for user in PasswordResetForm().get_users(asked.email):
        words = {
            "uidb64": urlsafe_base64_encode(force_bytes(user.pk)),
            "token": default_token_generator.make_token(user),
        }
        yield Letter(user.email, "reset", {"name": user.first_name, "link": _link("new_password", **words)})


def _move(asked: AskedMail) -> Iterator[Letter]:
    if User.objects.filter(username=asked.email).exists():
        yield Letter(asked.email, "known", {"log_in": _link("log_in"), "reset": _link("reset")})
        return
    token = tokens.write(tokens.MOVE, email=asked.email, **asked.about)
    yield Letter(asked.email, "move", {"link": _link("moved", token=token)})


def _order(asked: AskedMail) -> Iterator[Letter]:
    try:
        order = order_state(order_by_number(asked.about["number"]))
    except OrdersError:
        return
    if order.customer.email and order.customer.email.lower() == asked.email:
        yield Letter(order.customer.email, "order", {"order": order, "link": order_link(order.order_id)})


def _link(name: str, **words: str) -> str:
    return settings.SITE_URL + reverse(f"accounts:{name}", kwargs=words)


_WRITERS = {"join": _join, "reset": _reset, "move": _move, "order": _order}
