"""All tenants share their accounts, and so their passkeys."""

import pytest
from django.db import connection

from passkeys_django.models import Passkey
from tests.conftest import refusal


def test_the_tables_are_in_the_public_schema_only():
    sql = "SELECT table_schema FROM information_schema.tables WHERE table_name = %s"
    with connection.cursor() as cursor:
        cursor.execute(sql, [Passkey._meta.db_table])
        assert cursor.fetchall() == [("public",)]


def test_a_passkey_of_one_tenant_signs_in_at_another(red, blue):
    assert blue.login().status_code == 200
    assert blue.user_id == red.user_id


def test_f7_all_tenants_give_the_browser_the_same_list(red, blue):
    blue.login()

    at_red, at_blue = (browser.post("accepted-credentials").json() for browser in (red, blue))

    assert at_red == at_blue
    assert at_red["accepted"][0]["allAcceptedCredentialIds"] == list(red.authenticator.credentials)


def test_f7_a_passkey_that_was_removed_at_one_is_to_be_forgotten_at_all(red, blue):
    red.confirm().client.post(f"/passkeys/{Passkey.objects.get().pk}/remove/", {"sure": "on"})

    answer = blue.login()

    assert refusal(answer) == (403, "unknown_passkey")
    assert answer.json()["signal"] is True


def test_what_was_signed_on_a_page_of_one_tenant_is_refused_at_another(red, blue):
    assert refusal(blue.login(origin=red.origin)) == (403, "login_failed")


@pytest.mark.usefixtures("red")
def test_staff_see_the_same_figures_at_every_tenant(figures):
    assert figures("blue") == "1 of 2"
