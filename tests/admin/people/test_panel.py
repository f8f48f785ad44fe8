"""What a user's page says about the user."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test.utils import isolate_apps

from passkeys_django.enrolment import cancel, make_enrolment
from passkeys_django.models import (
    EnrolmentReason,
    EventKind,
    PasskeyEvent,
    PasskeyKind,
    RecoveryCode,
    UserHandle,
)
from tests.admin.people.conftest import UserAdmin, page_of, serve, user_url
from tests.conftest import make_passkey, make_user
from tests.support.evidence import SIGNATURES, make_signature
from tests.support.staff import EVENTS, listed, staff_client

pytestmark = pytest.mark.django_db


def test_all_passkeys_and_security_keys_are_there(desk, user):
    make_passkey(user, name="Blue laptop")
    make_passkey(user, name="Yubikey", kind=PasskeyKind.SECURITY_KEY)

    page = page_of(desk, user_url(user))

    for shown in ("Blue laptop", "Yubikey", "security key"):
        assert shown in page


def test_the_last_events_are_there_and_lead_to_all_of_this_person(desk, user, other_user):
    for number in range(12):
        PasskeyEvent.objects.create(user=user, kind=EventKind.USED, name=f"Laptop {number}")
    PasskeyEvent.objects.create(user=other_user, kind=EventKind.USED, name="Foreign")

    page = page_of(desk, user_url(user))

    assert "Laptop 11" in page
    assert "Laptop 0<" not in page
    assert "Foreign" not in page
    url = f"{EVENTS}?user__exact={user.pk}"
    assert url in page
    assert "Foreign" not in page_of(desk, url)


def test_the_history_is_not_shown_to_those_who_may_not_see_it(users, user):
    PasskeyEvent.objects.create(user=user, kind=EventKind.USED, name="Old phone")
    clerk = staff_client(f"view_{users._meta.model_name}", "view_passkey")

    assert "Old phone" not in page_of(clerk, user_url(user))


def test_signatures_are_counted_and_lead_to_those_of_this_person(superuser, user, other_user):
    assert "Signatures (" not in page_of(superuser, user_url(user))
    mine = {make_signature(user), make_signature(user)}
    make_signature(other_user)

    url = f"{SIGNATURES}?user__exact={user.pk}"
    assert f'<a href="{url}">Signatures (2)</a>' in page_of(superuser, user_url(user))
    assert listed(superuser.get(url)) == mine


def test_signatures_are_not_counted_for_those_who_may_not_see_them(desk, user):
    make_signature(user)

    assert "Signatures (" not in page_of(desk, user_url(user))


def test_codes_and_what_recovery_did_are_there(desk, user, settings):
    for number in range(7):
        RecoveryCode.objects.create(user=user, code_sha256=f"{number:064}", strength=1)
    handle = UserHandle.objects.for_user(user)
    UserHandle.objects.filter(pk=handle.pk).update(strong_address="strong@example.com")

    page = page_of(desk, user_url(user))
    assert '<th scope="row">Recovery codes left</th><td>7</td>' in page
    assert "strong@example.com" in page

    settings.PASSKEY_RECOVERY_CODES = False
    assert "Recovery codes left" not in page_of(desk, user_url(user))


def test_somebody_without_codes_has_none_left(desk, user):
    assert '<th scope="row">Recovery codes left</th><td>0</td>' in page_of(desk, user_url(user))


def test_it_says_whether_the_person_could_sign_in_without_a_passkey(desk, user):
    assert '<th scope="row">Without a passkey</th><td>can sign in</td>' in page_of(desk, user_url(user))

    user.set_unusable_password()
    user.save()

    assert '<th scope="row">Without a passkey</th><td>could not sign in</td>' in page_of(desk, user_url(user))


def test_it_says_what_the_policy_wants_and_whether_it_is_done(desk, user, settings):
    assert ">Policy<" not in page_of(desk, user_url(user))

    settings.PASSKEY_POLICY = {"everybody": {"passkey": "required", "password": "refused", "from": "2999-01-01"}}
    page = page_of(desk, user_url(user))
    assert "everybody: a password is refused and a passkey is required from 2999-01-01 (not yet fulfilled)" in page

    make_passkey(user, user_verified=True, discoverable=True)
    assert "(not yet fulfilled)" not in page_of(desk, user_url(user))


def test_an_open_link_is_there_with_who_made_it_and_a_cancelled_one_is_not(desk, user):
    boss = make_user("boss", is_staff=True, is_superuser=True)
    link, _secret = make_enrolment(
        user, reason=EnrolmentReason.INVITATION, valid_for=timedelta(hours=1), created_by=boss
    )
    page = page_of(desk, user_url(user))
    assert '<th scope="row">Open link</th><td>invitation, valid until' in page
    assert f"({boss})" in page

    cancel(link)

    assert "Open link" not in page_of(desk, user_url(user))


def test_names_are_shown_as_text(desk, user):
    PasskeyEvent.objects.create(user=user, kind=EventKind.USED, name="<b>Laptop</b>")

    assert "<b>Laptop" not in page_of(desk, user_url(user))


def test_the_page_of_a_proxy_has_the_same(superuser, user, settings):
    with isolate_apps("tests.admin"):
        meta = type("Meta", (), {"proxy": True, "app_label": "admin"})
        customers = type("Customer", (get_user_model(),), {"__module__": __name__, "Meta": meta})
    admin.site.register(customers, UserAdmin)
    try:
        serve(settings)
        make_passkey(user)
        page = page_of(superuser, f"/admin/admin/customer/{user.pk}/change/")
        assert "data-passkey-person" in page
        assert ">Revoke all</a>" in page
    finally:
        admin.site.unregister(customers)


def test_a_site_without_pages_of_passkeys_shows_no_buttons(superuser, user, settings, monkeypatch):
    """The site wrote the inline into its own user admin."""
    from passkeys_django.admin import PasskeyInline
    from passkeys_django.models import Passkey

    make_passkey(user)
    monkeypatch.delitem(admin.site._registry, Passkey)
    admin.site._registry[get_user_model()].inlines = [PasskeyInline]
    serve(settings)

    page = page_of(superuser, user_url(user))

    assert "data-passkey-person" in page
    assert ">Revoke all</a>" not in page
