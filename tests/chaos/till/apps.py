from django.apps import AppConfig


class TillConfig(AppConfig):
    name = "tests.chaos.till"
    label = "till"
