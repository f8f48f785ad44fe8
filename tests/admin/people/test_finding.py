"""Passkeys and events are found as users are, and lead to them; users who need help are found by a filter."""

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from passkeys_django.admin.people.user_filters import PasskeyStateFilter
from passkeys_django.models import EventKind, PasskeyEvent, RecoveryCode
from passkeys_django.signals import seeking_way_in
from tests.admin.people.conftest import UserAdmin, page_of, register, user_url
from tests.conftest import make_passkey, make_user
from tests.support.staff import EVENTS, LIST, listed, staff_client

pytestmark = pytest.mark.django_db


def with_address(user, address):
    type(user).objects.filter(pk=user.pk).update(email=address)
    user.refresh_from_db()
    return user


# Searching


def test_both_lists_are_searched_as_users_are(superuser, user, other_user):
    passkey = make_passkey(with_address(user, "ada@home.example"))
    make_passkey(with_address(other_user, "grace@home.example"))
    event = PasskeyEvent.objects.create(user=user, kind=EventKind.USED, name="x")

    assert listed(superuser.get(LIST, {"q": "ada@home.example"})) == {passkey}
    assert listed(superuser.get(EVENTS, {"q": "ada@home.example"})) == {event}
    for parts in ({}, {"parts": "yes"}):  # "=email" compares whole addresses
        found = listed(superuser.get(LIST, {"q": "home.example", **parts}))
        assert found == set() or type(user).USERNAME_FIELD == "email"


@pytest.mark.parametrize(("prefix", "found"), [("", "me.ex"), ("^", "ada@"), ("=", "ada@home.example")])
def test_the_user_admins_prefixes_hold_where_parts_are_searched(superuser, user, settings, prefix, found):
    register(type("OwnAdmin", (UserAdmin,), {"search_fields": [f"{prefix}email"]}), settings)
    passkey = make_passkey(with_address(user, "ada@home.example"))

    assert listed(superuser.get(LIST, {"q": found, "parts": "yes"})) == {passkey}


@pytest.mark.parametrize("field", ["email", "^email", "=email", "email__exact", "email__iexact"])
@pytest.mark.parametrize("typed", ["ada@home.example", "Ada@HOME.example"])
def test_a_whole_address_is_found_whatever_the_prefix(superuser, user, settings, field, typed):
    register(type("OwnAdmin", (UserAdmin,), {"search_fields": [field]}), settings)
    passkey = make_passkey(with_address(user, "ada@home.example"))

    assert listed(superuser.get(LIST, {"q": typed})) == {passkey}
    assert listed(superuser.get(LIST, {"q": "ada@home"})) == set()


def test_a_user_admin_that_computes_its_search_is_asked(superuser, user, settings):
    search = {"get_search_fields": lambda self, request: ["email"]}
    register(type("OwnAdmin", (UserAdmin,), search), settings)
    passkey = make_passkey(with_address(user, "ada@home.example"))

    assert listed(superuser.get(LIST, {"q": "home.ex", "parts": "yes"})) == {passkey}


def test_the_user_name_is_always_searched(superuser, user, settings):
    register(type("OwnAdmin", (UserAdmin,), {"search_fields": []}), settings)
    passkey = make_passkey(user)

    assert listed(superuser.get(LIST, {"q": user.get_username()})) == {passkey}


def test_staff_who_may_not_see_users_find_out_no_address_by_searching(user):
    make_passkey(with_address(user, "ada@home.example"))
    clerk = staff_client("view_passkey")

    if type(user).USERNAME_FIELD != "email":
        assert listed(clerk.get(LIST, {"q": "ada@home.example"})) == set()
        assert listed(clerk.get(LIST, {"q": "home.example", "parts": "yes"})) == set()
    assert len(listed(clerk.get(LIST, {"q": "ada", "parts": "yes"}))) == 1


def test_a_full_name_in_several_words_is_found(superuser, user, settings):
    if not hasattr(user, "first_name"):
        pytest.skip("this user model has no full name")
    register(type("OwnAdmin", (UserAdmin,), {"search_fields": ["first_name", "last_name"]}), settings)
    type(user).objects.filter(pk=user.pk).update(first_name="Ada", last_name="Lovelace")
    passkey = make_passkey(user)

    assert listed(superuser.get(LIST, {"q": "ada lovelace"})) == {passkey}


def test_a_user_name_is_asked_before_other_fields(superuser, user, other_user):
    """The user name has an index. Most searches end there."""
    if type(user).USERNAME_FIELD == "email":
        pytest.skip("the user name is the address")
    passkey = make_passkey(user)
    make_passkey(with_address(other_user, user.get_username()))

    with CaptureQueriesContext(connection) as queries:
        assert listed(superuser.get(LIST, {"q": user.get_username()})) == {passkey}

    assert not [query["sql"] for query in queries if '"email" =' in query["sql"]]


# The user column


def test_the_user_leads_to_the_users_page(superuser, user):
    make_passkey(user)
    PasskeyEvent.objects.create(user=user, kind=EventKind.USED, actor=make_user("boss"))

    link = f'<a href="{user_url(user)}">{user}</a>'
    for url in (LIST, EVENTS):
        page = page_of(superuser, url)
        assert f'<td class="field-user">{link}</td>' in page
        assert "column-user" in page
    assert f'<td class="field-actor"><a href="{user_url(get_user_model().objects.get(**boss_name()))}">' in page


def boss_name():
    model = get_user_model()
    return {model.USERNAME_FIELD: "boss@example.com" if model.USERNAME_FIELD == "email" else "boss"}


def test_staff_who_may_not_see_users_get_no_link(user):
    make_passkey(user)

    page = page_of(staff_client("view_passkey"), LIST)

    assert user_url(user) not in page
    assert f'<td class="field-user">{user}</td>' in page


def test_an_event_of_nobody_has_no_link(superuser):
    PasskeyEvent.objects.create(kind=EventKind.REFUSED)

    assert '<td class="field-user">-</td>' in page_of(superuser, EVENTS)


def test_a_longer_list_takes_no_more_queries(users):
    clerk = staff_client("view_passkey", f"view_{users._meta.model_name}")
    make_passkey(make_user("first"))
    clerk.get(LIST)
    with CaptureQueriesContext(connection) as short:
        clerk.get(LIST)
    for number in range(20):
        make_passkey(make_user(f"user{number}"))

    with CaptureQueriesContext(connection) as long:
        assert len(listed(clerk.get(LIST))) == 21

    assert len(long) == len(short)


def test_the_lists_are_sorted_by_user(superuser, user, other_user):
    make_passkey(other_user)
    make_passkey(user)

    assert superuser.get(LIST, {"o": "2"}).status_code == 200


def test_names_of_users_are_shown_as_text(superuser, user, users):
    users.objects.filter(pk=user.pk).update(**{users.USERNAME_FIELD: "<b>ada@example.com"})
    make_passkey(user)

    assert "<b>ada" not in page_of(superuser, LIST)


# Users who need help


def found(client, value):
    return {str(user.pk) for user in listed(client.get(user_url(), {"passkey_state": value}))}


def test_users_without_a_passkey_are_found(superuser, user, other_user):
    make_passkey(user, user_verified=True)

    assert str(other_user.pk) in found(superuser, "without")
    assert str(user.pk) not in found(superuser, "without")


def test_users_of_whom_one_is_required_are_found_where_there_is_a_policy(superuser, user, settings):
    assert ">required, not yet</a>" not in page_of(superuser, user_url())

    settings.PASSKEY_POLICY = {"everybody": {"passkey": "required", "from": "2999-01-01"}}

    assert ">required, not yet</a>" in page_of(superuser, user_url())
    assert str(user.pk) in found(superuser, "required")
    make_passkey(user, user_verified=True)
    assert str(user.pk) not in found(superuser, "required")


def test_users_who_could_not_get_in_are_found(superuser, user, other_user):
    user.set_unusable_password()
    user.save()

    assert found(superuser, "locked-out") == {str(user.pk)}

    RecoveryCode.objects.create(user=user, code_sha256="0" * 64, strength=1)
    assert found(superuser, "locked-out") == set()


def test_ways_in_that_the_site_or_an_app_knows_count(superuser, user, other_user, settings):
    for person in (user, other_user):
        person.set_unusable_password()
        person.save()

    def has_social_account(user, **kwargs):
        return user.pk == other_user.pk

    seeking_way_in.connect(has_social_account)
    try:
        assert found(superuser, "locked-out") == {str(user.pk)}
    finally:
        seeking_way_in.disconnect(has_social_account)


def test_staff_who_may_not_see_passkeys_have_no_such_filter(users, user):
    clerk = staff_client(f"view_{users._meta.model_name}")

    assert "passkey_state" not in page_of(clerk, user_url())
    assert str(user.pk) in found(clerk, "locked-out")  # the address filters nothing


def test_an_unknown_choice_filters_nothing(superuser, user):
    assert str(user.pk) in found(superuser, "x")


def test_the_filter_is_added_once_and_to_this_admin_only(users):
    for _ in range(2):
        assert admin.site.get_urls()

    assert admin.site._registry[users].list_filter == ["is_staff", PasskeyStateFilter]
    assert UserAdmin.list_filter == ["is_staff"]


def test_filters_that_a_site_computes_stay_as_they_are(superuser, settings):
    computed = {"list_filter": property(lambda self: ("is_staff",))}
    register(type("OwnAdmin", (UserAdmin,), computed), settings)
    assert "passkey_state" not in page_of(superuser, user_url())

    register(type("OwnAdmin", (UserAdmin,), {"get_list_filter": lambda self, request: ["is_staff"]}), settings)
    assert "passkey_state" not in page_of(superuser, user_url())
