"""Addresses of accounts."""

from django.urls import path, re_path

from config.accounts import views
from config.accounts.second_factor import views as second_factor

app_name = "accounts"
urlpatterns = [
    path("log-in/", views.LogIn.as_view(), name="log_in"),
    path("code/", second_factor.code, name="code"),
    path("second-factor/", second_factor.second_factor, name="second_factor"),
    path("second-factor/new/", second_factor.second_factor_new, name="second_factor_new"),
    path("log-out/", views.LogOut.as_view(), name="log_out"),
    path("join/", views.join, name="join"),
    path("join/<str:token>/", views.joined, name="joined"),
    re_path("^mail-asked/(?P<kind>join|reset|move|order)/$", views.asked, name="asked"),
    path("password/", views.Reset.as_view(), name="reset"),
    path("password/<uidb64>/<token>/", views.NewPassword.as_view(), name="new_password"),
    path("profile/", views.profile, name="profile"),
    path("profile/<str:token>/", views.moved, name="moved"),
    path("mailbox/", views.mailbox, name="mailbox"),
    path("find-order/", views.find_order, name="find_order"),
]
