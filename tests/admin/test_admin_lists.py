"""Columns and filters of the list of passkeys."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib import admin
from django.utils import timezone

from passkeys_django.models import Passkey
from tests.conftest import make_passkey
from tests.providers.recording import REMOTE
from tests.support.staff import FIGURES, LIST, change_url, listed, staff_client

pytestmark = pytest.mark.django_db
HELLO = (UUID("08987058-cadc-4b81-b6e1-30de50dcbe96"), UUID("9ddd1817-af5a-4672-a2b9-3e3dd95000a9"))
YEAR = timedelta(days=365)
MOMENT = timedelta(minutes=1)


def column(passkey, name):
    return getattr(admin.site.get_model_admin(Passkey), name)(passkey)


@pytest.mark.parametrize(
    ("eligible", "state", "words", "found_by"),
    [
        (True, True, "Synced", "synced"),
        (True, False, "This device only", "device"),
        (False, False, "This device only", "device"),
        (None, False, "Unknown", None),
    ],
)
def test_column_and_filter_agree_on_where_a_passkey_is(superuser, user, eligible, state, words, found_by):
    passkey = make_passkey(user, backup_eligible=eligible, backup_state=state)

    assert column(passkey, "storage") == words
    found = {value for value in ("synced", "device") if listed(superuser.get(LIST, {"storage": value}))}
    assert found == ({found_by} if found_by else set())


def test_the_manager_is_named_where_it_is_known(user):
    assert column(make_passkey(user, aaguid=HELLO[0]), "manager") == "Windows Hello"
    assert column(make_passkey(user), "manager") == "Unknown"


def test_who_holds_a_copy_is_told_in_words(superuser, user):
    make_passkey(user)
    make_passkey(user, provider=REMOTE)

    page = superuser.get(LIST).content.decode()

    for words in ("this site only", REMOTE):
        assert f'<td class="field-held_by">{words}</td>' in page
        assert f">{words}</a>" in page  # the filter


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"created": YEAR + MOMENT}, True),
        ({"created": YEAR - MOMENT}, False),
        ({"created": 2 * YEAR, "used": YEAR + MOMENT}, True),
        ({"created": 2 * YEAR, "used": YEAR - MOMENT}, False),
    ],
    ids=["never used and old", "never used and newer", "used long ago", "used lately"],
)
def test_unused_for_a_year_is_counted_from_the_last_use_or_creation(superuser, user, fields, found):
    now = timezone.now()
    used = now - fields["used"] if "used" in fields else None
    passkey = make_passkey(user, created_at=now - fields["created"], last_used_at=used)

    assert listed(superuser.get(LIST, {"unused": "year"})) == ({passkey} if found else set())


@pytest.mark.parametrize("query", [{"unused": "x"}, {"storage": "x"}])
def test_an_unknown_choice_filters_nothing(superuser, user, query):
    passkey = make_passkey(user)

    assert listed(superuser.get(LIST, query)) == {passkey}


def test_the_list_leads_to_the_figures(superuser):
    assert f'href="{FIGURES}"' in superuser.get(LIST).content.decode()


def test_d31_the_list_can_be_walked_by_date_without_time_zones(superuser, user, settings):
    settings.USE_TZ = False
    passkey = make_passkey(user, created_at=timezone.now())

    today = {f"created_at__{part}": getattr(passkey.created_at, part) for part in ("year", "month", "day")}
    assert listed(superuser.get(LIST, today)) == {passkey}


def test_a_passkey_leads_to_its_user_where_users_are_in_the_admin(superuser, user):
    page = superuser.get(change_url(make_passkey(user))).content.decode()

    if admin.site.is_registered(type(user)):
        assert f'/user/{user.pk}/change/">{user.get_username()}</a>' in page
    else:
        assert user.get_username() in page


def test_staff_who_may_only_look_are_offered_the_exports_only(user):
    make_passkey(user)

    page = staff_client("view_passkey").get(LIST)

    assert set(dict(page.context["action_form"].fields["action"].choices)) == {"", "export_csv", "export_jsonl"}


def test_kinds_have_a_column_and_a_filter(superuser, user):
    passkey = make_passkey(user)
    key = make_passkey(user, kind="security-key")

    page = superuser.get(LIST).content.decode()

    assert '<td class="field-kind">security key</td>' in page
    assert len(listed(superuser.get(LIST, {"kind__exact": "security-key"}))) == 1
    assert b"security key" in superuser.get(change_url(key)).content
    assert b"security key" not in superuser.get(change_url(passkey)).content
