"""Signing up, logging in and out, passwords and addresses: Django's own views, in the shop's words.

No page tells whether an address has an account, neither in its words nor by how long it takes: what was
asked for is written down, and looked up when its mail is sent.
"""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.accounts import forms, services, tokens
from config.accounts.mailbox import latest
from config.accounts.pages import form_page, page, safe_place, secret
from config.accounts.second_factor import door
from orders import queries as orders_queries
from orders import services as orders
from orders.errors import OrdersError

_BACKEND = "config.accounts.second_factor.door.Backend"


class LogIn(auth.LoginView):
    """An address and its password; what was in the basket comes along."""

    template_name = "accounts/log_in.html"
    authentication_form = forms.LogInForm
    next_page = "orders:history"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Whoever is logged in has nothing to do here; whoever is so by half is asked for the rest."""
        if request.method == "GET" and request.user.is_authenticated:
            return redirect("orders:history")
        if request.method == "GET" and (asked := door.ask(request, self.get_success_url())):
            return asked
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Log in and bring the basket, or ask for the second factor first."""
        response = super().form_valid(form)
        if asked := door.ask(self.request, self.get_success_url()):
            return asked
        orders.bring_basket(self.request.session, customer_id=form.get_user().pk)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say so in the status as well."""
        return self.render_to_response(self.get_context_data(form=form), status=422)


class LogOut(auth.LogoutView):
    """The basket stays in the account."""

    next_page = "catalog:home"


@form_page
@never_cache
def join(request: HttpRequest) -> HttpResponse:
    """Ask who wants an account; its link goes by mail."""
    if request.user.is_authenticated:
        return redirect("orders:history")
    form = forms.JoinForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        words = {"name": form.cleaned_data["name"], "next": safe_place(request, request.POST.get("next", ""))}
        services.ask_for_mail("join", form.cleaned_data["email"], **words)
        return redirect("accounts:asked", kind="join")
    return page(request, "join", form=form, next=safe_place(request, request.GET.get("next", "")))


@require_safe
def asked(request: HttpRequest, kind: str) -> HttpResponse:
    """A mail is on its way, if there was anything to send."""
    return render(request, "accounts/asked.html", {"kind": kind})


@form_page
@never_cache
@secret
def joined(request: HttpRequest, token: str) -> HttpResponse:
    """Choose the password of a new account, by the link from its mail."""
    try:
        words = tokens.read(tokens.JOIN, token)
    except tokens.TokenRefused:
        return page(request, "link_refused", again="accounts:join", status=404)
    person = User(username=words["email"], email=words["email"], first_name=words["name"])
    form = forms.NewPasswordForm(person, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            user = services.new_customer(
                email=words["email"], name=words["name"], password=form.cleaned_data["new_password1"]
            )
        except services.AddressTaken as refusal:
            messages.error(request, str(refusal))
            return redirect("accounts:log_in")
        return _welcome(request, user, words["next"])
    return page(request, "joined", form=form, email=words["email"])


def _welcome(request: HttpRequest, user: User, place: str) -> HttpResponse:
    login(request, user, backend=_BACKEND)
    orders.bring_basket(request.session, customer_id=user.pk)
    found = claim_of_mailbox(user)
    came = f" {found} earlier order{'s are' * (found > 1) or ' is'} in it already." if found else ""
    messages.success(request, f"Welcome, {user.first_name}. This is your account.{came}")
    return HttpResponseRedirect(safe_place(request, place) or str(reverse_lazy("orders:history")))


def claim_of_mailbox(user: User) -> int:
    """Take guests' orders of an address into the account that has just proved to read its mail."""
    claimed = 0
    for order_id in orders_queries.guest_orders_of_mailbox(user.email):
        try:
            orders.claim_order(order_id=order_id, customer_id=user.pk, proof=orders.BY_MAILBOX)
            claimed += 1
        except OrdersError:
            continue
    return claimed


class Reset(auth.PasswordResetView):
    """Ask for a link to a new password."""

    template_name = "accounts/reset.html"
    form_class = forms.ResetForm
    success_url = reverse_lazy("accounts:asked", kwargs={"kind": "reset"})

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say so in the status as well."""
        return self.render_to_response(self.get_context_data(form=form), status=422)


class NewPassword(auth.PasswordResetConfirmView):
    """Choose a new password, by the link from the mail."""

    template_name = "accounts/new_password.html"
    form_class = forms.NewPasswordForm
    success_url = reverse_lazy("accounts:log_in")

    def render_to_response(self, context: dict[str, Any], **options: Any) -> HttpResponse:
        """A link that does not work (any more) leads nowhere."""
        return super().render_to_response(context, **options if context["validlink"] else {"status": 404})

    def form_valid(self, form: Any) -> HttpResponse:
        """Whoever reads the mail is who they are: failed log-ins do not count any more."""
        response = super().form_valid(form)
        services.forgive(form.user)
        messages.success(self.request, "Your password is changed. Please log in with it.")
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say so in the status as well."""
        return self.render_to_response(self.get_context_data(form=form), status=422)


@form_page
@never_cache
@secret
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """The name, the address and the password of the account: one form each."""
    user, sent = _user(request), request.POST if request.method == "POST" else None
    wanted = request.POST.get("form", "")
    name = forms.NameForm(sent if wanted == "name" else None, initial={"name": user.first_name})
    email = forms.MoveForm(user, sent if wanted == "email" else None, prefix="move")
    password = forms.ChangePasswordForm(user, sent if wanted == "password" else None)
    if name.is_valid():
        User.objects.filter(pk=user.pk).update(first_name=name.cleaned_data["name"])
        return _done(request, "Your name is changed.")
    if email.is_valid():
        services.ask_for_mail("move", email.cleaned_data["email"], user=user.pk, old=user.email)
        return redirect("accounts:asked", kind="move")
    if password.is_valid():
        password.save()
        update_session_auth_hash(request, user)
        return _done(request, "Your password is changed. Everywhere else you are logged out.")
    return page(request, "profile", name=name, email=email, password=password, here="profile")


@form_page
@never_cache
@login_required
def moved(request: HttpRequest, token: str) -> HttpResponse:
    """Take the new address, by the link from its mail, in the account that asked for it."""
    user = _user(request)
    try:
        words = tokens.read(tokens.MOVE, token)
        if words["user"] != user.pk or words["old"] != user.email:
            raise tokens.TokenRefused
    except tokens.TokenRefused:
        return page(request, "link_refused", again="accounts:profile", status=404)
    if request.method != "POST":
        return page(request, "moved", email=words["email"])
    try:
        services.move(user, words["email"])
    except services.AddressTaken as refusal:
        messages.error(request, str(refusal))
        return redirect("accounts:profile")
    claim_of_mailbox(user)
    return _done(request, f"From now on you log in as {user.email}.")


@form_page
@never_cache
def find_order(request: HttpRequest) -> HttpResponse:
    """Have the link to an order sent to the address it was placed with; says the same of every number."""
    form = forms.FindForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        services.ask_for_mail("order", form.cleaned_data["email"], number=form.cleaned_data["number"])
        return redirect("accounts:asked", kind="order")
    return page(request, "find_order", form=form)


@require_safe
@never_cache
def mailbox(request: HttpRequest) -> HttpResponse:
    """The mails of a demonstration, which go into files; anywhere else there is no such page."""
    if not settings.SANDBOX_ENABLED or not settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"):
        raise Http404("There is no such page.")
    return render(request, "accounts/mailbox.html", {"mails": latest()})


def _user(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)
    return user


def _done(request: HttpRequest, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return redirect("accounts:profile")
