"""Passkeys in the admin: found, renamed, revoked, and otherwise only looked at."""

import re
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from passkeys_django.admin import PasskeyAdmin
from passkeys_django.exceptions import ProviderUnavailable
from passkeys_django.models import Passkey, PasskeyEvent, PasskeySignature, RemovedPasskey
from tests.conftest import make_passkey, make_user
from tests.providers.recording import REMOTE
from tests.support.staff import LIST, change_url, delete_url, listed, run_action, staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(superuser):
    return superuser


@pytest.fixture
def provider(recording_provider):
    return recording_provider


@pytest.fixture
def passkey(user):
    return make_passkey(user, provider=REMOTE)


# Finding


def test_passkeys_are_listed_with_their_users(client, user, other_user):
    passkeys = {make_passkey(user), make_passkey(other_user, name="Yubikey")}

    response = client.get(LIST)

    assert listed(response) == passkeys
    page = response.content.decode()
    assert user.get_username() in page
    assert other_user.get_username() in page
    assert "Yubikey" in page


def test_a_longer_list_takes_no_more_queries(client, user):
    make_passkey(user)
    with CaptureQueriesContext(connection) as short:
        client.get(LIST)
    for number in range(20):
        make_passkey(make_user(f"user{number}"))

    with CaptureQueriesContext(connection) as long:
        assert len(listed(client.get(LIST))) == 21

    assert len(long) == len(short)


@pytest.mark.parametrize(
    "question",
    [lambda passkey: passkey.user.get_username(), lambda passkey: passkey.credential_id],
    ids=["user name", "credential id"],
)
@pytest.mark.parametrize("parts", [{}, {"parts": "yes"}], ids=["whole values", "parts, too"])
def test_a_passkey_is_found_by_user_name_and_credential_id(client, user, other_user, question, parts):
    passkey = make_passkey(user)
    make_passkey(other_user, name="Yubikey", credential_id="_" * 24)  # a random one may have "ada" in it

    assert listed(client.get(LIST, {"q": question(passkey), **parts})) == {passkey}


@pytest.mark.parametrize(
    "part",
    [
        lambda passkey: passkey.user.get_username()[:2],
        lambda passkey: "Laptop",
        lambda passkey: "lap",
        lambda passkey: passkey.credential_id[3:12],
    ],
    ids=["beginning of the user name", "name", "part of the name", "part of the id"],
)
def test_parts_and_names_are_found_where_staff_ask_for_them(client, user, other_user, part):
    passkey = make_passkey(user, credential_id="AAECAwQFBgcICQoLDA0ODxAR")
    make_passkey(other_user, name="Yubikey", credential_id="_" * 24)

    assert listed(client.get(LIST, {"q": part(passkey), "parts": "yes"})) == {passkey}
    assert listed(client.get(LIST, {"q": part(passkey)})) == set()


def test_a_search_for_something_else_finds_nothing(client, user):
    make_passkey(user)

    assert listed(client.get(LIST, {"q": "nobody has this"})) == set()


def test_passkeys_are_filtered_by_provider(client, user):
    local, remote = make_passkey(user), make_passkey(user, provider=REMOTE)

    assert listed(client.get(LIST, {"provider": REMOTE})) == {remote}
    assert listed(client.get(LIST, {"provider": "embedded"})) == {local}


def test_passkeys_are_filtered_by_backup(client, user):
    synced, bound = make_passkey(user, backup_state=True), make_passkey(user, backup_state=False)

    assert listed(client.get(LIST, {"backup_state__exact": "1"})) == {synced}
    assert listed(client.get(LIST, {"backup_state__exact": "0"})) == {bound}


def test_passkeys_are_filtered_by_last_use(client, user):
    never = make_passkey(user)
    used = make_passkey(user, last_used_at=timezone.now())
    long_ago = make_passkey(user, last_used_at=timezone.now() - timedelta(days=400))

    page = client.get(LIST)
    assert listed(page) == {never, used, long_ago}
    since = (timezone.now() - timedelta(days=7)).isoformat()
    assert listed(client.get(LIST, {"last_used_at__gte": since})) == {used}
    assert listed(client.get(LIST, {"last_used_at__isnull": "True"})) == {never}


# Looking and renaming


def test_nothing_but_the_name_can_be_changed(client, passkey):
    response = client.get(change_url(passkey))

    assert response.status_code == 200
    assert list(response.context["adminform"].form.fields) == ["name"]
    shown = {name for _, options in response.context["adminform"].fieldsets for name in options["fields"]}
    assert shown >= {"name", "user", "held_by", "credential_id", "use_count", "last_used_at", "refused_at"}


def test_neither_keys_nor_challenges_are_shown(client, user):
    passkey = make_passkey(user, public_key=b"the-public-key", spent=[[1, "a-spent-digest"]])

    page = client.get(change_url(passkey)).content.decode()

    assert "the-public-key" not in page
    assert "a-spent-digest" not in page


def test_what_is_read_only_stays_as_it_is_whatever_is_posted(client, passkey, provider, other_user):
    before = Passkey.objects.values().get()
    forged = {"name": "Phone", "user": other_user.pk, "provider": "", "credential_id": "AAAA", "use_count": 99}

    assert client.post(change_url(passkey), forged).status_code == 302

    assert Passkey.objects.values().get() == {**before, "name": "Phone"}


def test_a_new_name_reaches_the_provider(client, passkey, provider):
    assert client.post(change_url(passkey), {"name": " My phone "}).status_code == 302

    assert Passkey.objects.get().name == "My phone"
    assert provider.calls == [("rename", passkey.credential_id, "My phone")]


def test_a_new_name_holds_when_the_provider_is_away(client, passkey, provider):
    provider.error = ProviderUnavailable("away")

    assert client.post(change_url(passkey), {"name": "Phone"}).status_code == 302

    assert Passkey.objects.get().name == "Phone"


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\x00b", "a\nb", "\x1b[31m", "\x7f"], ids=ascii)
def test_an_unusable_name_is_an_error_of_the_form(client, passkey, provider, name):
    response = client.post(change_url(passkey), {"name": name})

    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["name"]
    assert Passkey.objects.get().name == "Laptop"
    assert provider.calls == []


def test_a_name_is_text_and_never_markup(client, user):
    passkey = make_passkey(user, name="<script>alert(1)</script>")

    for url in (LIST, change_url(passkey), delete_url(passkey)):
        assert "<script>alert" not in client.get(url).content.decode()


def test_nobody_adds_a_passkey_for_others(client):
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}add/", {"name": "x"}).status_code == 403
    assert f"{LIST}add/" not in client.get(LIST).content.decode()


def test_passkeys_their_history_and_signatures_are_in_the_admin():
    ours = {model for model in admin.site._registry if model._meta.app_label == "passkeys_django"}

    assert ours == {Passkey, PasskeyEvent, PasskeySignature}
    assert isinstance(admin.site.get_model_admin(Passkey), PasskeyAdmin)
    with pytest.raises(NoReverseMatch):
        reverse("admin:passkeys_django_userhandle_changelist")


# Deleting


def test_l2_deleting_one_deletes_the_providers_copy(client, passkey, provider):
    assert client.get(delete_url(passkey)).status_code == 200

    assert client.post(delete_url(passkey), {"post": "yes"}).status_code == 302

    assert not Passkey.objects.exists()
    assert provider.calls == [("delete", passkey.credential_id)]
    assert not RemovedPasskey.objects.exists()


def test_deleting_many_deletes_the_providers_copies(client, user, other_user, provider):
    passkeys = [make_passkey(user, provider=REMOTE), make_passkey(other_user, provider=REMOTE)]
    kept = make_passkey(user, provider=REMOTE)

    response = run_action(client, "delete_selected", *passkeys, post="yes")

    assert response.status_code == 302
    assert Passkey.objects.get() == kept
    assert sorted(provider.calls) == sorted(("delete", passkey.credential_id) for passkey in passkeys)
    assert not RemovedPasskey.objects.exists()


def test_deleting_holds_when_the_provider_is_away(client, passkey, provider):
    provider.error = ProviderUnavailable("away")

    assert client.post(delete_url(passkey), {"post": "yes"}).status_code == 302

    assert not Passkey.objects.exists()
    assert RemovedPasskey.objects.get().credential_id == passkey.credential_id


def test_l2_staff_may_delete_the_last_passkey(client, user):
    user.set_unusable_password()
    user.save()
    passkey = make_passkey(user)

    assert client.post(delete_url(passkey), {"post": "yes"}).status_code == 302

    assert not Passkey.objects.exists()


# Accepting again


def test_refused_passkeys_can_be_accepted_again(client, user):
    refused, kept = make_passkey(user, refused_at=timezone.now()), make_passkey(user, refused_at=timezone.now())
    fine = make_passkey(user)

    response = run_action(client, "accept_again", refused, fine)

    (message,) = get_messages(response.wsgi_request)
    assert str(message) == "1 passkey accepted."
    left = Passkey.objects.filter(refused_at__isnull=False)
    assert list(left) == [kept]


def test_accepting_several_again_counts_them(client, user):
    passkeys = [make_passkey(user, refused_at=timezone.now()) for _ in range(3)]

    response = run_action(client, "accept_again", *passkeys)

    (message,) = get_messages(response.wsgi_request)
    assert str(message) == "3 passkeys accepted."


# Who may do what


def test_staff_who_may_only_look_can_change_nothing(passkey, provider):
    Passkey.objects.update(refused_at=timezone.now())
    before = Passkey.objects.values().get()
    client = staff_client("view_passkey")

    assert listed(client.get(LIST)) == {passkey}
    page = client.get(change_url(passkey))
    assert page.status_code == 200
    assert not re.search(r'<input[^>]+name="(name|_save)"', page.content.decode())
    assert client.post(change_url(passkey), {"name": "Phone"}).status_code == 403
    assert client.post(delete_url(passkey), {"post": "yes"}).status_code == 403
    for action in ("delete_selected", "accept_again"):
        run_action(client, action, passkey, post="yes")

    assert Passkey.objects.values().get() == before
    assert provider.calls == []


def test_staff_who_may_change_can_rename_and_accept_but_not_delete(passkey, provider):
    Passkey.objects.update(refused_at=timezone.now())
    client = staff_client("view_passkey", "change_passkey")

    assert client.post(change_url(passkey), {"name": "Phone"}).status_code == 302
    run_action(client, "accept_again", passkey)
    assert client.post(delete_url(passkey), {"post": "yes"}).status_code == 403
    run_action(client, "delete_selected", passkey, post="yes")

    stored = Passkey.objects.get()
    assert (stored.name, stored.refused_at) == ("Phone", None)


@pytest.mark.parametrize("permissions", [(), ("add_passkey",)], ids=["none", "add"])
def test_other_staff_see_nothing(passkey, permissions):
    client = staff_client(*permissions)

    for url in (LIST, change_url(passkey), delete_url(passkey), f"{LIST}add/"):
        assert client.get(url).status_code == 403


def test_visitors_are_led_to_the_login_page(passkey):
    for url in (LIST, change_url(passkey), delete_url(passkey)):
        assert Client().get(url)["Location"].startswith("/admin/login/")


def test_deleting_a_user_remembers_the_providers_copies(client, user, passkey):
    user_admin = admin.site._registry.get(type(user))
    if user_admin is None:  # a site need not have its users in the admin
        user.delete()
    else:
        url = reverse(f"admin:{user._meta.label_lower.replace('.', '_')}_delete", args=[user.pk])
        assert client.post(url, {"post": "yes"}).status_code == 302

    assert not Passkey.objects.exists()
    assert RemovedPasskey.objects.get().credential_id == passkey.credential_id
