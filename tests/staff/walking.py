"""Opens every page of the admin, in a process of its own: tests.staff.walking USERNAME PASSWORD CODE.

The looks are chosen before Django starts, so a test that wants both needs a process for each. It logs in as
people do, for the doors differ, too.
"""

# ruff: noqa: PLC0415 - what is imported inside needs the apps to be there
import json
import sys

import django


def walk(username: str, password: str, code: str) -> dict[str, object]:
    """What kind of site it is, and what every list, new form and single row answered."""
    from django.contrib import admin
    from django.test import Client
    from django.urls import reverse

    client = Client(HTTP_HOST="127.0.0.1")
    who = {"username": username, "password": password}
    asked = client.post("/admin/login/", who, follow=True).request["PATH_INFO"]
    client.post(asked, {"code": code})
    answers = {"/admin/": client.get("/admin/").status_code}
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages = [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        if row := model._default_manager.first():
            pages.append(reverse(f"{name}_change", args=[row.pk]))
        answers |= {page: client.get(page, follow=True).status_code for page in pages}
    return {
        "asked": asked,
        "site": [one.__module__ for one in admin.site.__class__.__mro__],
        "answers": answers,
    }


if __name__ == "__main__":
    django.setup()
    print(json.dumps(walk(*sys.argv[1:])))
