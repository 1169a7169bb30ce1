"""What somebody types to be known: Django's own forms, in the shop's words."""

import re
from typing import Any

from django import forms
from django.contrib.auth import forms as auth

from config.accounts.services import as_address, ask_for_mail

_LONGEST = 150
"""Of an address: it is a user's name as well."""
_GOOD_PASSWORD = "At least 10 characters. A few words in a row are easy to keep and hard to guess."
_NO_MATCH = "This e-mail address and password do not belong together."


def _email(label: str = "E-mail", help_text: str = "") -> forms.EmailField:
    return forms.EmailField(
        label=label,
        max_length=_LONGEST,
        help_text=help_text,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": "Please tell us your e-mail address.",
            "invalid": "This does not look like an e-mail address: it needs a name, an @ and a domain.",
        },
    )


class Shown(forms.Form):
    """A form as the shop shows it, which says which of its fields to look at again."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})

    @property
    def wrong_fields(self) -> list[forms.BoundField]:
        """The fields to look at again, in the order of the page."""
        return [field for field in self.visible_fields() if field.errors]


class LogInForm(Shown, auth.AuthenticationForm):
    """An address and its password. Staff may give the name they have instead."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.error_messages = dict.fromkeys(("invalid_login", "inactive"), _NO_MATCH)
        name = self.fields["username"]
        name.label = "E-mail"
        name.widget = forms.TextInput(
            attrs={"autocomplete": "username", "inputmode": "email", "autocapitalize": "none"}
        )
        name.error_messages["required"] = "Please tell us your e-mail address."
        self.fields["password"].error_messages["required"] = "Please enter your password."

    def clean_username(self) -> str:
        """As accounts are found by it; a name without an @ is left as it is."""
        typed: str = self.cleaned_data["username"]
        return as_address(typed) if "@" in typed else typed


class JoinForm(Shown):
    """Who wants an account, and where the link for it goes."""

    name = forms.CharField(
        label="Your name",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Please tell us your name."},
    )
    email = _email(help_text="We send a link there, so that nobody can sign up in your name.")


class ResetForm(Shown, auth.PasswordResetForm):
    """Where the link to a new password goes."""

    email = _email()

    def save(self, *args: Any, **options: Any) -> None:
        """Ask for the mail; whether there is an account is looked up when it is sent."""
        ask_for_mail("reset", self.cleaned_data["email"])


class NewPasswordForm(Shown, auth.SetPasswordForm):  # type: ignore[type-arg]
    """A password, twice."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _plain_password(self.fields["new_password1"], self.fields["new_password2"])


class ChangePasswordForm(Shown, auth.PasswordChangeForm):
    """The password so far, and another one twice."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["old_password"].label = "Your password now"
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        _plain_password(self.fields["new_password1"], self.fields["new_password2"])


class NameForm(Shown):
    """What we call somebody."""

    name = forms.CharField(
        label="Your name",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Please tell us your name."},
    )


class PasswordForm(Shown):
    """The password, once more, before something that guards the account is changed."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Please enter your password."},
    )

    def __init__(self, user: Any, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user

    def clean_password(self) -> str:
        """Whoever found the browser open does not know it."""
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError("This is not your password.")
        return password


class MoveForm(PasswordForm):
    """Another address for the account, asked for with its password."""

    email = _email("New e-mail address", "We send a link there; the address changes when you open it.")
    field_order = ("email", "password")


class CodeForm(Shown):
    """A code of the second factor, or a recovery code, however it is typed."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={"required": "Please enter the code."},
    )

    def clean_code(self) -> str:
        """Without the gaps that make it easy to read."""
        return re.sub(r"[\s-]", "", self.cleaned_data["code"]).lower()


class FindForm(Shown):
    """Which order, and the address it was placed with."""

    number = forms.CharField(
        label="Order number",
        max_length=20,
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "placeholder": "7KQ4-9MXR-2C8T"}),
        help_text="It is in every mail about your order.",
        error_messages={"required": "Please tell us the order number."},
    )
    email = _email("E-mail address you ordered with")


def _plain_password(first: forms.Field, second: forms.Field) -> None:
    first.label, second.label = "New password", "New password again"
    first.help_text, second.help_text = _GOOD_PASSWORD, ""
    first.error_messages["required"] = second.error_messages["required"] = "Please choose a password."
