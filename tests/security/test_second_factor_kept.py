"""A second factor is set up, replaced, lost and reset, and each time written down."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import LazySettings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticToken

from config.accounts.models import SecondFactor
from tests.accounts.visitor import PASSWORD, an_account
from tests.security.phone import acts, closed_to, code_of, enrolled, give_code, give_password, sam

pytestmark = pytest.mark.usefixtures("bus")


def test_setting_it_up() -> None:
    here, elsewhere = Client(), Client()
    user = sam()
    here.force_login(user)
    elsewhere.force_login(user)

    assert 'href="/account/second-factor/"' in here.get("/admin/").content.decode()
    assert here.post("/account/second-factor/", {"password": "guess"}).status_code == 422
    assert not SecondFactor.objects.exists()
    begun = here.post("/account/second-factor/", {"password": PASSWORD}, follow=True).content.decode()
    factor = SecondFactor.objects.get(confirmed=False)
    assert factor.readable_key in begun
    assert 'src="data:image/svg+xml' in begun
    assert here.post("/account/second-factor/new/", {"code": "guess"}).status_code == 422
    assert elsewhere.get("/admin/").status_code == 200, "What is not confirmed is not asked for."

    SecondFactor.objects.update(throttling_failure_timestamp=None)
    code = code_of(factor)
    done = here.post("/account/second-factor/new/", {"code": f" {code[:3]} {code[3:]}"})
    codes = re.findall(r"<code>([a-z2-7]{4}-[a-z2-7]{4})</code>", done.content.decode())
    assert len(set(codes)) == 10
    assert "no-store" in done["Cache-Control"]
    assert (here.get("/admin/").status_code, closed_to(elsewhere)) == (200, True)
    assert acts() == ["Set up a second factor."]
    again = here.get("/account/second-factor/new/", follow=True).content.decode()
    assert "10 recovery codes are left" in again
    assert factor.readable_key not in again


def test_a_key_that_nobody_confirms_is_shown_for_a_quarter_of_an_hour() -> None:
    client = Client()
    client.force_login(sam())
    client.post("/account/second-factor/", {"password": PASSWORD})
    new = "/account/second-factor/new/"

    SecondFactor.objects.update(created_at=timezone.now() - timedelta(minutes=14))
    assert client.get(new).status_code == 200
    SecondFactor.objects.update(created_at=timezone.now() - timedelta(minutes=15))
    assert client.get(new).status_code == 302
    assert client.post(new, {"code": code_of(SecondFactor.objects.get())}).status_code == 302
    assert not SecondFactor.objects.filter(confirmed=True).exists()


def test_another_phone_takes_the_place_of_the_first_and_ends_its_sessions() -> None:
    first, old_codes = enrolled(sam())
    here, elsewhere = Client(), Client()
    for client, later in ((here, 0), (elsewhere, 30)):
        give_password(client)
        give_code(client, code_of(first, later))
        assert client.get("/admin/").status_code == 200

    here.post("/account/second-factor/", {"password": PASSWORD})
    second = SecondFactor.objects.get(confirmed=False)
    here.post("/account/second-factor/new/", {"code": code_of(second)})

    assert here.get("/admin/").status_code == 200
    assert closed_to(elsewhere)
    assert SecondFactor.objects.get() == second
    assert give_code(elsewhere, code_of(first, 30)).status_code == 422
    assert give_code(elsewhere, old_codes[0]).status_code == 422


def test_a_recovery_code_is_taken_once_and_counted() -> None:
    _, codes = enrolled(sam())
    answers = []

    for _ in range(2):
        client = Client()
        give_password(client)
        answers.append(give_code(client, codes[0].upper()).status_code)

    assert answers == [302, 422]
    assert acts()[1:] == ["Logged in with a recovery code; 9 are left."]
    assert not {code.replace("-", "") for code in codes} & set(
        StaticToken.objects.values_list("token", flat=True)
    )


def test_new_recovery_codes_end_the_old_ones() -> None:
    factor, old = enrolled(sam())
    client = Client()
    give_password(client)
    give_code(client, code_of(factor))

    refused = client.post("/account/second-factor/", {"password": "guess", "wanted": "codes"})
    page = client.post("/account/second-factor/", {"password": PASSWORD, "wanted": "codes"}).content.decode()

    new = re.findall(r"<code>([a-z2-7]{4}-[a-z2-7]{4})</code>", page)
    assert (refused.status_code, len(new), set(new) & set(old)) == (422, 10, set())
    other = Client()
    give_password(other)
    assert give_code(other, old[0]).status_code == 422
    assert acts()[1:] == ["Made new recovery codes."]


def test_an_administrator_resets_somebody_elses_and_nobody_their_own(settings: LazySettings) -> None:
    user = sam()
    factor, _ = enrolled(user)
    theirs, boss = Client(), Client()
    give_password(theirs)
    give_code(theirs, code_of(factor))
    own = reverse("admin:accounts_secondfactor_delete", args=[factor.pk])
    assert theirs.post(own, {"post": "yes"}).status_code == 403

    boss.force_login(an_account("boss@example.com", is_staff=True, is_superuser=True))
    assert boss.get(reverse("admin:accounts_secondfactor_changelist")).status_code == 200
    assert boss.post(own, {"post": "yes"}).status_code == 302

    assert not SecondFactor.objects.exists()
    assert not StaticToken.objects.exists()
    entry = LogEntry.objects.latest("pk")
    assert (entry.user.get_username(), entry.object_repr) == ("boss@example.com", "sam@example.com")
    assert entry.get_change_message() == "Reset the second factor."
    settings.STAFF_SECOND_FACTOR = "required"
    assert closed_to(theirs)
    assert give_password(Client()).request["PATH_INFO"] == "/account/second-factor/"


def test_resetting_several_is_written_down_for_each() -> None:
    factors = [enrolled(sam())[0], enrolled(an_account("tom@example.com", is_staff=True))[0]]
    boss = Client()
    boss.force_login(an_account("boss@example.com", is_staff=True, is_superuser=True))

    chosen = {
        "action": "delete_selected",
        "_selected_action": [factor.pk for factor in factors],
        "post": "yes",
    }
    boss.post(reverse("admin:accounts_secondfactor_changelist"), chosen)

    assert not SecondFactor.objects.exists()
    assert acts()[2:] == ["Reset the second factor."] * 2


def test_staff_without_the_right_reset_nobodys() -> None:
    factor, _ = enrolled(sam())
    clerk = an_account("clerk@example.com", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_secondfactor"))
    client = Client()
    client.force_login(clerk)

    page = client.get(reverse("admin:accounts_secondfactor_change", args=[factor.pk]))
    refused = client.post(reverse("admin:accounts_secondfactor_delete", args=[factor.pk]), {"post": "yes"})

    assert (page.status_code, refused.status_code) == (200, 403)
    assert factor.key not in page.content.decode()
    assert factor.readable_key not in page.content.decode()


def test_the_librarys_pages_with_keys_and_codes_are_not_there() -> None:
    client = Client()
    client.force_login(sam())

    for path in ("otp_totp/totpdevice/", "otp_totp/totpdevice/1/config/", "otp_static/staticdevice/"):
        assert client.get(f"/admin/{path}").status_code == 404


def test_the_last_administrator_is_helped_at_the_command_line() -> None:
    enrolled(sam())
    told = StringIO()

    call_command("reset_second_factor", "sam@example.com", stdout=told)

    assert "sam@example.com now logs in without" in told.getvalue()
    assert acts()[1:] == ["Reset the second factor at the command line."]
    client = Client()
    give_password(client)
    assert client.get("/admin/").status_code == 200
    with pytest.raises(CommandError, match=r"no user sam@example\.com with a second factor"):
        call_command("reset_second_factor", "sam@example.com")
