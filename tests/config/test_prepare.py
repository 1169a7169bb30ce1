"""What is prepared before the shop opens, and how it is known that nothing is left to do."""

from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth import authenticate, get_user_model
from django.db import connection
from django.test import RequestFactory

from catalog.queries import known_skus
from config.local import freshness, prepare
from config.local.login import USERNAME, Login
from config.local.state import State


@pytest.mark.django_db
def test_the_staff_login_is_made_once_and_lets_staff_in(state: State) -> None:
    login = prepare._staff_login(state)

    asked = RequestFactory().post("/admin/login/")
    user = authenticate(asked, username=USERNAME, password=login.password)
    assert user
    assert user.is_staff
    assert prepare._staff_login(state) == login


@pytest.mark.django_db
def test_a_password_that_staff_have_changed_is_not_told(state: State) -> None:
    prepare._staff_login(state)
    user = get_user_model()._default_manager.get(username=USERNAME)
    user.set_password("their own choice")
    user.save()

    assert prepare._staff_login(state) == Login("")


@pytest.mark.django_db
def test_an_empty_shop_gets_the_demo_products() -> None:
    prepare._fill_catalogue()

    assert known_skus(["NO-SUCH-SKU"]) == set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM catalog_product")
        assert cursor.fetchone() == (60,)


def test_static_files_are_collected_when_they_change(state: State) -> None:
    prepare._collect_static_files(state)
    sheet = next(Path(settings.STATIC_ROOT).rglob("*.css"))
    sheet.write_text("/* still here: nothing was collected again */")

    prepare._collect_static_files(state)
    assert sheet.read_text() == "/* still here: nothing was collected again */"

    state.write("static", {"files": "others"})
    prepare._collect_static_files(state)
    assert sheet.read_text() != "/* still here: nothing was collected again */"


@pytest.fixture
def url(transactional_db: None) -> str:
    """The address of the tests' database."""
    parts = connection.get_connection_params()
    names = {"dbname", "user", "password", "host", "port", "sslmode", "gssencmode"}
    return psycopg.conninfo.make_conninfo(**{name: parts[name] for name in names & parts.keys()})


def test_nothing_is_left_to_do_until_files_or_database_change(state: State, tmp_path: Path, url: str) -> None:
    code = tmp_path / "code"
    (code / "orders" / "migrations").mkdir(parents=True)
    assert freshness.known_login(state, code, url) is None

    freshness.remember(state, code, url, Login("s3cret"))
    assert freshness.known_login(state, code, url) == Login("s3cret")

    get_user_model()._default_manager.create_superuser(USERNAME, password="another")
    assert freshness.known_login(state, code, url) is None

    freshness.remember(state, code, url, Login(""))
    (code / "orders" / "migrations" / "0002_more.py").touch()
    assert freshness.known_login(state, code, url) is None
