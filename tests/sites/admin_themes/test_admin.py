"""The admin under each theme: every page of ours, the user's page, and nothing lost by the order of the apps."""

import re
from html import unescape

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.checks import run_checks
from django.urls import reverse

from passkeys_django.admin import PasskeyAdmin, PasskeyInline
from passkeys_django.admin.lists import paging
from passkeys_django.models import Passkey, PasskeyEvent, PasskeySignature
from tests.conftest import make_passkey
from tests.sites.admin_themes.conftest import OF_THE_THEMES
from tests.support.evidence import SIGNATURES, make_signature
from tests.support.staff import EVENTS, FIGURES, LIST, change_url, run_action

pytestmark = [pytest.mark.django_db, *OF_THE_THEMES]


def page_of(client, url):
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def user_url(user):
    return reverse(f"admin:{user._meta.app_label}_{user._meta.model_name}_change", args=[user.pk])


def test_the_check_has_nothing_to_say():
    assert run_checks() == []


def test_every_app_has_its_admins_in_the_site_that_is_served():
    assert {Passkey, PasskeyEvent, PasskeySignature, get_user_model()} <= set(admin.site._registry)


def test_every_page_of_ours_opens(superuser, user):
    passkey = make_passkey(user, name="Blue laptop")
    event = PasskeyEvent.objects.create(user=user, kind="used", name="Blue laptop")

    assert "Blue laptop" in page_of(superuser, LIST)
    assert FIGURES in page_of(superuser, LIST)
    assert "Users with a passkey: 1 of 2." in page_of(superuser, FIGURES)
    assert "Blue laptop" in page_of(superuser, change_url(passkey))
    assert "Blue laptop" in page_of(superuser, EVENTS)
    assert "Blue laptop" in page_of(
        superuser, reverse("admin:passkeys_django_passkeyevent_change", args=[event.pk])
    )


def test_the_pages_of_signatures_open_and_lead_to_the_evidence(superuser, user):
    signature = make_signature(user, action="contract")

    assert "contract" in page_of(superuser, SIGNATURES)
    page = page_of(superuser, f"{SIGNATURES}{signature.pk}/change/")
    for shown in ("data-passkey-statement", 'data-passkey-verdict="good"', "Grace", 'href="../evidence/"'):
        assert shown in page
    assert str(signature.pk) in page_of(superuser, f"{SIGNATURES}{signature.pk}/evidence/")
    assert f"{SIGNATURES}?user__exact={user.pk}" in page_of(superuser, user_url(user))


def test_staff_rename_and_revoke(superuser, user):
    passkey = make_passkey(user)

    superuser.post(change_url(passkey), {"name": "Old laptop"})
    assert Passkey.objects.get().name == "Old laptop"
    assert "Old laptop" in run_action(superuser, "delete_selected", passkey).content.decode()
    run_action(superuser, "delete_selected", passkey, post="yes")
    assert not Passkey.objects.exists()


def test_the_users_page_shows_the_passkeys_and_leads_to_them(superuser, user):
    passkey = make_passkey(user)

    page = page_of(superuser, user_url(user))

    assert "passkeys-group" in page
    assert change_url(passkey) in page


def test_the_users_page_shows_what_else_is_known_and_leads_to_what_staff_can_do(superuser, user):
    make_passkey(user, name="Blue laptop")
    PasskeyEvent.objects.create(user=user, kind="used", name="Red phone")

    page = page_of(superuser, user_url(user))

    assert page.count("data-passkey-person") == 1
    assert "Red phone" in page
    for name in ("revoke_all", "invite"):
        url = reverse(f"admin:passkeys_django_{name}", args=[user.pk])
        assert url in page
        assert "csrfmiddlewaretoken" in page_of(superuser, url)
    superuser.post(reverse("admin:passkeys_django_revoke_all", args=[user.pk]))
    assert not Passkey.objects.exists()


def test_users_and_passkeys_are_found(superuser, user):
    passkey = make_passkey(user, name="Blue laptop")
    users = reverse(f"admin:{user._meta.app_label}_{user._meta.model_name}_changelist")

    assert f'href="{user_url(user)}"' in page_of(superuser, LIST)
    assert "Blue laptop" in page_of(superuser, f"{LIST}?q={user.get_username()}")
    assert "passkey_state" in page_of(superuser, users)
    assert superuser.get(users, {"passkey_state": "without"}).status_code == 200
    exported = run_action(superuser, "export_jsonl", passkey)
    assert "Blue laptop" in b"".join(exported.streaming_content).decode()


def test_a_long_list_leads_to_its_next_page(superuser, user, monkeypatch):
    monkeypatch.setattr(paging, "MOST_COUNTED", 3)
    monkeypatch.setattr(PasskeyAdmin, "list_per_page", 2)
    for _ in range(5):
        make_passkey(user)

    page = page_of(superuser, LIST)

    assert page.count('rel="next"') == 1
    assert "3+ passkeys" in page
    following = unescape(re.search(r'rel="next" href="([^"]+)"', page)[1])
    assert 'rel="prev"' in page_of(superuser, f"{LIST}{following}")


def test_it_does_so_once(superuser):
    assert admin.site.get_urls()
    assert list(admin.site.get_model_admin(get_user_model()).inlines) == [PasskeyInline]
