from django.apps import AppConfig


class DeploysConfig(AppConfig):
    name = "tests.acceptance.deploys.old"
    label = "deploys"
