"""Each tenant has its own accounts: what happens to passkeys of the one RP ID at the other tenant."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from passkeys_django.models import Passkey, PasskeyEvent, Tombstone
from tests.conftest import refusal
from tests.sites.tenants.conftest import TenantsBrowser

UNKNOWN = (403, "unknown_passkey")


def tables(schema):
    sql = (
        "SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_name LIKE 'passkeys%%'"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [schema])
        return {name for (name,) in cursor.fetchall()}


def rows(tenant, model=Passkey):
    with schema_context(tenant):
        return list(model.objects.all())


def test_the_tables_are_in_the_schema_of_each_tenant():
    names = {model._meta.db_table for model in (Passkey, PasskeyEvent, Tombstone)}
    assert tables("red") == tables("blue") >= names
    assert tables("public") == set()


def test_a_passkey_is_stored_and_signs_in_at_its_own_tenant(red):
    red.client.logout()

    assert red.login().status_code == 200

    assert red.user_id is not None
    assert len(rows("red")) == 1
    assert rows("blue") == rows("blue", PasskeyEvent) == []
    assert [event.kind for event in rows("red", PasskeyEvent)] == ["used", "registered", "signed_in"]


def test_f7_at_another_tenant_it_is_unknown_and_the_browser_is_not_told_to_forget_it(red, blue):
    answer = blue.login()

    assert refusal(answer) == UNKNOWN
    assert answer.json()["signal"] is False
    assert red.login().status_code == 200


def test_f7_nor_is_it_when_it_was_removed_at_its_own_tenant(red, blue):
    [passkey] = rows("red")
    assert red.confirm().client.post(f"/passkeys/{passkey.pk}/remove/", {"sure": "on"}).status_code == 302
    assert rows("red") == []

    answers = red.login(), blue.login()

    assert [refusal(answer) for answer in answers] == [UNKNOWN, UNKNOWN]
    assert [answer.json()["signal"] for answer in answers] == [True, False]


def test_f7_the_lists_of_a_tenant_touch_no_account_of_another(red, account):
    """Both are user 1 of their tenant; the browser tells its passkeys apart by the user handle."""
    blue = account("blue", authenticator=red.authenticator)
    assert blue.register().status_code == 201
    assert red.user_id == blue.user_id

    lists = [browser.post("accepted-credentials").json()["accepted"] for browser in (red, blue)]

    mine, other = ({entry["userId"] for entry in accepted} for accepted in lists)
    assert mine.isdisjoint(other)
    assert [entry["allAcceptedCredentialIds"] for entry in lists[1]] == [[rows("blue")[0].credential_id]]


def test_one_person_has_a_passkey_at_each_of_two_tenants(red, account):
    blue = account("blue", authenticator=red.authenticator)
    assert blue.register().status_code == 201
    at_red, at_blue = list(red.authenticator.credentials)

    for browser, mine, other in ((red, at_red, at_blue), (blue, at_blue, at_red)):
        browser.client.logout()
        assert refusal(browser.login_with(other)) == UNKNOWN
        assert browser.login_with(mine).status_code == 200


def test_what_was_signed_on_a_page_of_one_tenant_is_refused_at_another(red, account):
    """A page of red is in strange hands. The page asks for a passkey of blue, with a challenge of blue."""
    blue = account("blue", authenticator=red.authenticator)
    assert blue.register().status_code == 201
    blue.client.logout()

    assert refusal(blue.login(origin=red.origin)) == (403, "login_failed")
    assert blue.login().status_code == 200


def test_cookies_of_a_tenant_stay_there(red):
    red.request_options()

    assert {cookie["domain"] for cookie in red.client.cookies.values()} <= {"", None}


def test_a_session_of_one_tenant_is_none_at_another(red, blue):
    blue.client.cookies = red.client.cookies

    assert refusal(blue.post("start-registration")) == (401, "not_authenticated")


def test_limits_of_user_1_are_not_those_of_the_other_user_1(red, account, settings):
    red.confirm()
    settings.PASSKEY_RATE_LIMITS = {"start-registration": "1/d"}
    blue = account("blue")
    assert red.user_id == blue.user_id
    blue.client.defaults["REMOTE_ADDR"] = "198.51.100.1"

    assert red.post("start-registration").status_code == 200
    assert refusal(red.post("start-registration")) == (429, "throttled")
    assert blue.post("start-registration").status_code == 200


def test_one_name_signs_up_at_each_tenant_once():
    def sign_up(tenant):
        browser = TenantsBrowser(tenant)
        options = browser.post("start-signup", {"username": "ada"})
        return (
            options
            if options.status_code != 200
            else browser.post("finalize-signup", browser.authenticator.create(options.json()))
        )

    assert [sign_up(tenant).status_code for tenant in ("red", "blue", "red")] == [201, 201, 400]


def test_commands_run_for_one_tenant_or_for_all(red, account, settings):
    settings.PASSKEY_EVENT_RETENTION = 0
    assert account("blue").register().status_code == 201

    call_command("tenant_command", "passkeys_prune", "--events", schema_name="red")
    assert (len(rows("red", PasskeyEvent)), len(rows("blue", PasskeyEvent))) == (0, 2)

    call_command("all_tenants_command", "passkeys_prune", "--", "--events", no_public=True)
    assert rows("blue", PasskeyEvent) == []


@pytest.mark.usefixtures("red")
def test_staff_of_a_tenant_see_the_figures_of_their_tenant(figures):
    assert (figures("red"), figures("blue")) == ("1 of 2", "0 of 1")


def test_a_login_costs_what_it_costs_elsewhere_and_the_search_for_the_tenant(red):
    red.client.logout()
    credential = red.authenticator.get(red.request_options())

    with CaptureQueriesContext(connection) as queries:
        assert red.post("finalize-login", credential).status_code == 200

    statements = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    ours = [sql for sql in statements if not sql.startswith("SET search_path") and "customers_" not in sql]
    assert (len(ours), len([sql for sql in statements if "customers_" in sql])) == (7, 1), statements
