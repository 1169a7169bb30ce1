"""Addresses of the lab."""

from django.urls import path

from config.lab import views

app_name = "lab"
urlpatterns = [
    path("", views.home, name="home"),
    path("invariants/", views.live, name="invariants"),
    path("<slug:slug>/", views.experiment, name="experiment"),
]
