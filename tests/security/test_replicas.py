"""A site whose router reads from a replica: what decides who signs in is read where it is written.

The replica of these tests is not there, so code that reads one of our rows from it gets an error.
"""

import pytest
from django.contrib import admin
from django.urls import reverse

from passkeys_django.checks import doctor
from passkeys_django.models import EventKind, Passkey, PasskeyEvent
from tests.conftest import PASSWORD, make_passkey
from tests.support.evidence import SIGNATURES, make_signature
from tests.support.staff import EVENTS, FIGURES, LIST, change_url, run_action

pytestmark = pytest.mark.django_db


class ReplicaRouter:
    """Only our tables are replicated. Where accounts and sessions are read is for the site to decide."""

    def db_for_read(self, model, **hints):
        return "replica" if model._meta.app_label == "passkeys_django" else None

    def db_for_write(self, model, **hints):
        return "default"


@pytest.fixture(autouse=True)
def _replica(settings):
    settings.DATABASE_ROUTERS = [ReplicaRouter()]


def stored():
    return Passkey.objects.using("default")


def test_d29_people_register_and_sign_in(registered):
    assert registered.login().status_code == 200
    assert registered.login(start={"purpose": "confirm"}).status_code == 200


def test_d29_people_keep_and_change_their_passkeys(signed_in):
    signed_in.register()
    passkey = stored().get()

    assert passkey.name in signed_in.client.get("/passkeys/").content.decode()
    assert len(signed_in.post("accepted-credentials").json()["accepted"]) == 1
    signed_in.client.post(f"/passkeys/{passkey.pk}/rename/", {"name": "Phone"})
    assert stored().get().name == "Phone"
    signed_in.confirm()
    assert signed_in.client.get(f"/passkeys/{passkey.pk}/remove/").status_code == 200
    signed_in.client.post(f"/passkeys/{passkey.pk}/remove/", {"sure": "on"})
    assert not stored().exists()


def test_d29_people_confirm_that_it_is_them(signed_in):
    signed_in.register()

    assert signed_in.client.get("/passkeys/confirm/").status_code == 200
    assert signed_in.client.post("/passkeys/confirm/", {"password": PASSWORD}).status_code == 302


def test_d29_a_removed_passkey_is_known_to_have_been_ours(registered):
    registered.login()
    registered.client.post(f"/passkeys/{stored().get().pk}/remove/", {"sure": "on"})

    assert registered.login().json()["signal"] is True


def test_d29_people_sign_up(browser):
    options = browser.post("start-signup", {"username": "grace", "email": "grace@example.com"}).json()

    assert browser.post("finalize-signup", browser.authenticator.create(options)).status_code == 201


@pytest.fixture
def passkey(user):
    PasskeyEvent.objects.create(user=user, kind=EventKind.USED, name="Laptop")
    make_signature(user)
    return make_passkey(user)


def test_staff_see_what_was_written_a_moment_ago(superuser, user, passkey):
    name = user.get_username()
    pages = [LIST, f"{LIST}?q={name}", f"{LIST}?q={name}&parts=yes", f"{LIST}?q={passkey.credential_id}"]
    pages += [EVENTS, f"{EVENTS}?q={name}", SIGNATURES, f"{SIGNATURES}?q={name}", FIGURES, change_url(passkey)]

    for page in pages:
        assert superuser.get(page).status_code == 200, page


def test_staff_see_a_user_as_they_are(superuser, user, passkey):
    if not admin.site.is_registered(type(user)):
        pytest.skip("this user model is not in the admin")

    page = superuser.get(reverse("admin:auth_user_change", args=[user.pk])).content.decode()

    assert change_url(passkey) in page


def test_staff_export_and_revoke_what_is_there(superuser, passkey):
    exported = run_action(superuser, "export_jsonl", passkey, select_across="1")
    assert str(passkey.pk) in b"".join(exported.streaming_content).decode()

    run_action(superuser, "delete_selected", passkey, select_across="1", post="yes")

    assert not stored().exists()


def test_the_doctor_counts_what_is_there(passkey):
    assert list(doctor.examine())
