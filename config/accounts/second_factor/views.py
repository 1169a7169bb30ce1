"""Giving the second factor, and setting it up."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import segno
from django.contrib import auth, messages
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from config.accounts.forms import CodeForm, PasswordForm
from config.accounts.pages import form_page, page, safe_place, secret
from config.accounts.second_factor import door, services
from orders import services as orders


@form_page
@never_cache
@secret
def code(request: HttpRequest) -> HttpResponse:
    """Ask whoever has given their password for a code, too."""
    if door.owed(request) != door.ASK:
        return redirect("accounts:log_in")
    user: Any = auth.get_user(request)
    place = safe_place(request, request.POST.get("next") or request.GET.get("next", ""))
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            factor_id = services.accept(user, form.cleaned_data["code"])
        except services.CodeRefused as refusal:
            form.add_error("code", str(refusal))
        else:
            _let_in(request, user, factor_id)
            return HttpResponseRedirect(place or reverse("admin:index"))
    return page(request, "code", form=form, next=place)


def _for_staff(view: Callable[[HttpRequest, User], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A page for whoever is on the staff and owes no code; also before they may see any other."""

    @form_page
    @never_cache
    @secret
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        user = auth.get_user(request)
        if not isinstance(user, User) or door.owed(request) == door.ASK:
            return redirect_to_login(request.path, reverse("accounts:log_in"))
        if not user.is_staff:
            raise Http404("There is no such page.")
        return view(request, user)

    return guarded


@_for_staff
def second_factor(request: HttpRequest, user: User) -> HttpResponse:
    """Whether there is one, and a way to another, or to new recovery codes, for who knows the password."""
    factor_id = user.factor_id  # type: ignore[attr-defined]
    form = PasswordForm(user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        if factor_id and request.POST.get("wanted") == "codes":
            return page(request, "recovery_codes", codes=services.renew_recovery_codes(user))
        services.begin(user)
        return redirect("accounts:second_factor_new")
    left = services.recovery_codes_left(user)
    must = bool(door.owed(request))
    return page(request, "second_factor", form=form, person=user, factor_id=factor_id, left=left, must=must)


@_for_staff
def second_factor_new(request: HttpRequest, user: User) -> HttpResponse:
    """Tell the key as a picture and as text, until a code shows that it arrived; then the recovery codes."""
    factor = services.begun(user)
    if factor is None:
        return redirect("accounts:second_factor")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            set_up = services.confirm(factor, form.cleaned_data["code"])
        except services.CodeRefused as refusal:
            form.add_error("code", str(refusal))
        else:
            _let_in(request, user, set_up.factor_id)
            messages.success(request, "From now on you are asked for a code when you log in.")
            return page(request, "recovery_codes", codes=set_up.recovery_codes)
    picture = segno.make_qr(factor.config_url).svg_data_uri(scale=4, light="#fff")
    return page(request, "second_factor_new", form=form, picture=picture, key=factor.readable_key)


def _let_in(request: HttpRequest, user: User, factor_id: int) -> None:
    """From here on the session is its user's, under a new key; what was in the basket comes along."""
    waited = door.owed(request)
    request.session.cycle_key()
    request.session[door.GIVEN] = factor_id
    if waited:
        orders.bring_basket(request.session, customer_id=user.pk)
