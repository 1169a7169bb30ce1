"""Signing up, logging in and out, and passwords: through the pages and the mails, as people do."""

import re

import pytest
from django.contrib.auth.models import User
from django.core import mail

from config.accounts.models import AskedMail
from eventbus.models import Delivery
from eventbus.testing import drain
from tests.accounts.visitor import PASSWORD, Visitor, an_account, without_tokens
from tests.fixtures.mailboxes import Mailboxes
from tests.journeys.shopper import ADA


def choose(visitor: Visitor, link: str, password: str = PASSWORD) -> str:
    """The password form behind a link, sent."""
    visitor.see(link)
    return visitor.send(visitor.address, new_password1=password, new_password2=password)


def test_signing_up_goes_through_the_mailbox(visitor: Visitor) -> None:
    visitor.send("/account/join/", name="Ada Byron", email="Ada@Example.com")

    assert not User.objects.exists()
    page = choose(visitor, visitor.link())

    assert visitor.address == "/account/orders/"
    assert "Welcome, Ada Byron" in page
    user = User.objects.get()
    assert (user.username, user.email, user.is_staff) == ("ada@example.com", "ada@example.com", False)


def test_nobody_writes_to_strangers_through_a_name(visitor: Visitor) -> None:
    visitor.send("/account/join/", name="You have won: evil.example", email="ada@example.com")

    assert [("evil.example" in str(one.body), one.to) for one in visitor.mails()] == [
        (False, ["ada@example.com"])
    ]


def test_an_address_where_nobody_reads_mail_is_written_to_once(
    visitor: Visitor, mailboxes: Mailboxes
) -> None:
    mailboxes.answers["nobody@example.com"] = 550
    visitor.send("/account/join/", name="Nobody", email="nobody@example.com")

    drain()

    assert AskedMail.objects.get().sent_at is not None
    assert (Delivery.objects.count(), mailboxes.taken) == (0, [])


def test_signing_up_leads_on_to_where_one_wanted_to_go(visitor: Visitor) -> None:
    visitor.send("/account/join/", name="Ada", email="ada@example.com", next="/cart/")

    choose(visitor, visitor.link())

    assert visitor.address == "/cart/"


def test_a_link_makes_one_account(visitor: Visitor) -> None:
    visitor.send("/account/join/", name="Ada", email="ada@example.com")
    link = visitor.link()
    choose(visitor, link)

    page = choose(Visitor(), link, "another-password-1")

    assert "has an account already" in page
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize("password", ["short", "1234567890", "password123", "ada@example.com"])
def test_a_password_that_is_guessed_first_is_refused(visitor: Visitor, password: str) -> None:
    visitor.send("/account/join/", name="Ada", email="ada@example.com")

    page = choose(visitor, visitor.link(), password)

    assert (visitor.status, User.objects.count()) == (422, 0)
    assert "errorlist" in page


def test_a_link_that_was_changed_is_none(visitor: Visitor) -> None:
    visitor.send("/account/join/", name="Ada", email="ada@example.com")
    link = visitor.link()

    visitor.see(link[:-3] + "AAA/")

    assert visitor.status == 404


def test_logging_in_and_out(visitor: Visitor) -> None:
    an_account()

    assert "Ada" in visitor.log_in("ADA@example.com ")
    assert visitor.address == "/account/orders/"
    visitor.send("/account/log-out/")
    visitor.see("/account/orders/")
    assert visitor.address == "/account/log-in/?next=/account/orders/"


def test_asking_for_a_page_leads_there_after_logging_in(visitor: Visitor) -> None:
    an_account()
    page = visitor.see("/account/addresses/")

    assert 'name="next" value="/account/addresses/"' in page
    visitor.log_in(place="/account/addresses/")

    assert visitor.address == "/account/addresses/"


def test_a_forgotten_password_is_chosen_anew(visitor: Visitor) -> None:
    an_account()
    elsewhere = Visitor()
    elsewhere.log_in()

    visitor.send("/account/password/", email="ada@example.com")
    choose(visitor, visitor.link(), "ten-owls-in-an-oak")

    assert "Ada" in visitor.log_in(password="ten-owls-in-an-oak")
    elsewhere.see("/account/orders/")
    assert elsewhere.address.startswith("/account/log-in/")


def test_a_password_link_works_once(visitor: Visitor) -> None:
    an_account()
    visitor.send("/account/password/", email="ada@example.com")
    link = visitor.link()
    choose(visitor, link, "ten-owls-in-an-oak")

    assert "does not work any more" in Visitor().see(link)


class TestTheProfile:
    """The name, the password and the address."""

    @pytest.fixture(autouse=True)
    def _ada(self, visitor: Visitor) -> None:
        self.user = an_account()
        visitor.log_in()

    def test_the_name_is_what_the_page_says(self, visitor: Visitor) -> None:
        assert "Countess" in visitor.send("/account/profile/", form="name", name="Countess")

    def test_a_new_password_needs_the_old_one(self, visitor: Visitor) -> None:
        words = {
            "form": "password",
            "new_password1": "ten-owls-in-an-oak",
            "new_password2": "ten-owls-in-an-oak",
        }

        visitor.send("/account/profile/", old_password="wrong", **words)
        assert visitor.status == 422
        visitor.send("/account/profile/", old_password=PASSWORD, **words)

        self.user.refresh_from_db()
        assert self.user.check_password("ten-owls-in-an-oak")
        visitor.see("/account/orders/")
        assert visitor.address == "/account/orders/"

    def test_a_new_address_is_taken_once_its_mail_is_read(self, visitor: Visitor) -> None:
        visitor.send(
            "/account/profile/", form="email", **{"move-email": "new@example.com", "move-password": PASSWORD}
        )
        link = visitor.link()
        self.user.refresh_from_db()
        assert self.user.email == "ada@example.com"

        visitor.see(link)
        visitor.send(link)

        self.user.refresh_from_db()
        assert (self.user.username, self.user.email) == ("new@example.com", "new@example.com")
        visitor.see(link)
        assert visitor.status == 404

    def test_a_new_address_needs_the_password(self, visitor: Visitor) -> None:
        visitor.send(
            "/account/profile/", form="email", **{"move-email": "new@example.com", "move-password": "wrong"}
        )

        assert (visitor.status, AskedMail.objects.count()) == (422, 0)

    def test_the_link_of_another_account_moves_nobody(self, visitor: Visitor) -> None:
        visitor.send(
            "/account/profile/", form="email", **{"move-email": "new@example.com", "move-password": PASSWORD}
        )
        link, eve = visitor.link(), Visitor()
        an_account("eve@example.com", "Eve")
        eve.log_in("eve@example.com")

        eve.send(link)

        assert eve.status == 404
        assert User.objects.filter(username="new@example.com").count() == 0


class TestAGuestsOrder:
    """Found by its number and address, and taken into an account on proof only."""

    @pytest.fixture(autouse=True)
    def _ordered(self, visitor: Visitor) -> None:
        visitor.pick("BOWL")
        visitor.order()
        visitor.mails()
        self.link = visitor.address
        found = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", visitor.look())
        assert found
        self.number = found[0]
        mail.outbox.clear()

    def test_its_link_is_sent_to_the_address_it_was_placed_with(self, visitor: Visitor) -> None:
        visitor.send("/account/find-order/", number=self.number.lower(), email="ADA@example.com")

        page = Visitor().see(visitor.link())

        assert [one.to for one in mail.outbox] == [[ADA["email"]]]
        assert self.number in page

    @pytest.mark.parametrize(
        ("number", "email"), [("", "eve@example.com"), ("7KQ4-9MXR-2C8T", "ada@example.com")]
    )
    def test_nothing_is_sent_where_the_two_do_not_belong_together(
        self, visitor: Visitor, number: str, email: str
    ) -> None:
        right = visitor.send("/account/find-order/", number=self.number, email="ada@example.com")
        mails = len(visitor.mails())

        wrong = visitor.send("/account/find-order/", number=number or self.number, email=email)

        assert without_tokens(wrong) == without_tokens(right)
        assert len(visitor.mails()) == mails

    def test_an_account_with_the_same_address_does_not_have_it(self, visitor: Visitor) -> None:
        an_account()

        assert self.number not in visitor.log_in()

    def test_whoever_reads_its_mail_has_it(self, visitor: Visitor) -> None:
        visitor.send("/account/join/", name="Ada", email="ada@example.com")

        page = choose(visitor, visitor.link())

        assert "1 earlier order is in it already" in page
        assert self.number in page

    def test_whoever_has_its_link_has_it(self, visitor: Visitor) -> None:
        an_account("other@example.com")
        visitor.log_in("other@example.com")

        visitor.send(f"{self.link}claim/")

        assert self.number in visitor.see("/account/orders/")

    def test_it_is_claimed_once(self, visitor: Visitor) -> None:
        an_account()
        visitor.log_in()
        visitor.send(f"{self.link}claim/")
        an_account("eve@example.com")
        eve = Visitor()
        eve.log_in("eve@example.com")

        page = eve.send(f"{self.link}claim/")

        assert "in an account already" in page
        assert self.number not in eve.see("/account/orders/")

    def test_its_links_can_be_cut_off(self, visitor: Visitor) -> None:
        page = visitor.send(f"{self.link}links/")

        assert self.number in page
        assert visitor.address != self.link
        thief = Visitor()
        assert "This link has expired" in thief.see(self.link)
        assert thief.status == 410
