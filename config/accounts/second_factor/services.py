"""Verbs of the second factor. What changes it is written down among what staff did."""

from datetime import timedelta
from typing import NamedTuple

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django_otp import verify_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from config.accounts.models import SecondFactor

RECOVERY_CODES = 10
CONFIRMED_WITHIN = timedelta(minutes=15)


class CodeRefused(Exception):
    """This code is not right, or was used before. Your app shows another one every 30 seconds."""


class AskedTooOften(CodeRefused):
    """After wrong codes each next one has to wait, twice as long as the one before."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"That was wrong too often. Please wait {seconds} second{'s' * (seconds > 1)}, then try again."
        )


class SetUp(NamedTuple):
    """A factor that is confirmed: its id, and the recovery codes, which are told once."""

    factor_id: int
    recovery_codes: list[str]


@transaction.atomic
def begin(user: User) -> None:
    """Make another factor, with a key of its own; the one so far counts until this one is confirmed."""
    SecondFactor.objects.filter(user=user, confirmed=False).delete()
    SecondFactor.objects.create(user=user, name="Second factor", confirmed=False)


def begun(user: User) -> SecondFactor | None:
    """The factor that waits for its first code, and not for long: its key is on a page until then."""
    factor: SecondFactor | None = SecondFactor.objects.filter(
        user=user, confirmed=False, created_at__gt=timezone.now() - CONFIRMED_WITHIN
    ).first()
    return factor


def confirm(factor: SecondFactor, code: str) -> SetUp:
    """Let the factor count, in place of any other, after a code has shown that its key arrived.

    Raises CodeRefused.
    """
    _check(factor, code)
    user = factor.user
    with transaction.atomic():
        SecondFactor.objects.filter(user=user).exclude(pk=factor.pk).delete()
        SecondFactor.objects.filter(pk=factor.pk).update(confirmed=True)
        _record(user, "Set up a second factor.")
        return SetUp(factor.pk, _new_codes(user))


def accept(user: User, code: str) -> int:
    """Take a code of the user's factor, or a recovery code, which is used up; the id of the factor.

    Raises CodeRefused.
    """
    factor: SecondFactor | None = SecondFactor.objects.filter(user=user, confirmed=True).first()
    if factor is None:
        raise CodeRefused(CodeRefused.__doc__)
    if code.isdecimal() and len(code) == factor.digits:
        _check(factor, code)
    else:
        _check(StaticDevice.objects.get(user=user), _digest(code))
        _record(user, f"Logged in with a recovery code; {recovery_codes_left(user)} are left.")
    factor_id: int = factor.pk
    return factor_id


@transaction.atomic
def renew_recovery_codes(user: User) -> list[str]:
    """New recovery codes; those so far are not taken any more."""
    _record(user, "Made new recovery codes.")
    return _new_codes(user)


def recovery_codes_left(user: User) -> int:
    """How many are not used up."""
    return len(StaticToken.objects.filter(device__user=user))


@transaction.atomic
def reset(user: User, *, by: User | None = None) -> None:
    """Take the second factor away, so that its owner can set up another one; None is the command line."""
    SecondFactor.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    _record(user, f"Reset the second factor{'' if by else ' at the command line'}.", by=by)


def _check(device: SecondFactor | StaticDevice, code: str) -> None:
    """Raises CodeRefused. The device counts what was wrong, and takes each code once."""
    allowed, why = device.verify_is_allowed()
    if not allowed:
        left = why["locked_until"] - timezone.now()
        raise AskedTooOften(int(left.total_seconds()) + 1)
    if verify_token(device.user, device.persistent_id, code) is None:
        raise CodeRefused(CodeRefused.__doc__)


def _new_codes(user: User) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="Recovery codes")
    codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_digest(code)) for code in codes)
    return [f"{code[:4]}-{code[4:]}" for code in codes]


def _digest(code: str) -> str:
    """What is kept of a recovery code: whoever reads the table alone cannot use it."""
    return salted_hmac("accounts.recovery_code", code, algorithm="sha256").hexdigest()[:16]


def _record(user: User, what: str, by: User | None = None) -> None:
    LogEntry.objects.log_actions((by or user).pk, User.objects.filter(pk=user.pk), CHANGE, what)
