"""The inbox of webhooks: keep at once what processors tell, and do what it says when its turn has come."""

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from uuid import UUID

from django.db import transaction

from eventbus import continuing, current_time, send
from payments.commands import ReadNotice
from payments.errors import NoticeMalformed
from payments.gateways import Notice
from payments.gateways.notices import notice_reader
from payments.models import InboxNotice, NoticeState, Payment
from payments.models.inbox import Told
from payments.services.settling import settle

_KEPT_HEADERS = ("Content-Type", "User-Agent", "Stripe-Signature", "Sandbox-Signature")


def receive_notices(*, provider: str, body: bytes, headers: Mapping[str, str]) -> str:
    """Keep what a processor tells in one request, once each; returns what it wants to hear as an answer.

    What is about an order's payment that we know by then goes on with the order's story.
    Raises a `NoticeRefused` when the request is not the processor's, too old or not of its form: then nothing
    of it is kept.
    """
    reader = notice_reader(provider)
    notices = reader.read(body=body, headers=headers, now=current_time())
    told = [Told(notice.event_id, notice.kind, notice.payment_id, notice.reference) for notice in notices]
    kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
    with transaction.atomic():
        for notice_id, order_id in InboxNotice.keep(provider=provider, told=told, body=body, headers=kept):
            with continuing(f"order-{order_id}") if order_id else nullcontext():
                send(ReadNotice(notice_id=notice_id))
    return reader.answer


@transaction.atomic
def read_notice(*, notice_id: UUID) -> None:
    """Do what a notice in the inbox tells, unless that was done before.

    One that is valid, but not about a payment that we understand, is parked; one that our own rules refuse
    has failed. Both say why, and can be read again.
    """
    kept = InboxNotice.objects.select_for_update().get(pk=notice_id)
    if kept.state != NoticeState.DONE:
        kept.settle(*_act_on(kept))


@transaction.atomic
def read_notices_again(*, notice_ids: Iterable[UUID]) -> int:
    """Have what is parked or has failed read once more, by today's code; returns how many that are."""
    again = InboxNotice.objects.filter(pk__in=list(notice_ids)).exclude(state=NoticeState.DONE)
    waiting = list(again.values_list("pk", flat=True))
    send(*(ReadNotice(notice_id=notice_id) for notice_id in waiting))
    return len(waiting)


def _act_on(kept: InboxNotice) -> tuple[NoticeState, str]:
    notice = _notice_in(kept)
    if notice is None or notice.charge is None:
        return NoticeState.PARKED, f"Nobody here understands {kept.kind}."
    payment_id = _payment_of(kept.provider, notice)
    if payment_id is None:
        return NoticeState.PARKED, f"No payment of this shop is known to {kept.provider} by this notice."
    try:
        with transaction.atomic():
            settle(payment_id=payment_id, charge=notice.charge)
    except ValueError as refusal:
        return NoticeState.FAILED, str(refusal)
    return NoticeState.DONE, ""


def _notice_in(kept: InboxNotice) -> Notice | None:
    """What today's code reads in the body, which was verified when it came."""
    try:
        notices = notice_reader(kept.provider, kept=True).parse(body=bytes(kept.body))
    except NoticeMalformed:
        return None
    return next((notice for notice in notices if notice.event_id == kept.event_id), None)


def _payment_of(provider: str, notice: Notice) -> UUID | None:
    """The payment that a notice is about: by our own id, else by the processor's."""
    ours = Payment.objects.filter(provider=provider)
    if notice.payment_id is not None:
        return ours.filter(pk=notice.payment_id).values_list("pk", flat=True).first()
    if not notice.reference:
        return None
    return ours.filter(reference=notice.reference).values_list("pk", flat=True).first()
