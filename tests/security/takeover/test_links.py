"""What programs and strangers do with links that let somebody in: scan them, replay them, try odd methods."""

import pytest
from django.test import Client
from django.urls import reverse

from passkeys_django.models import Enrolment, Passkey
from passkeys_django.urls import urlpatterns
from tests.conftest import Browser
from tests.enrolment.holder import Holder, holder_of, new_link

pytestmark = pytest.mark.django_db
METHODS = ["HEAD", "GET", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "BREW"]
NEW = [
    *("enrol", "enrolled", "enrol-link", "cancel-enrolment", "start-enrolment", "finalize-enrolment"),
    *("recovery-codes", "recover", "add-device", "add-device-state", "second-step", "required", "end-sessions"),
]


def args_of(name, secret, enrolment):
    return {"enrol-link": [secret], "cancel-enrolment": [enrolment.cancel_token]}.get(name, [])


def test_every_url_of_this_part_is_tried():
    told = {"csrf-token", "script-config", "accepted-credentials", "manager-icon"}
    old = {"list", "signup", "rename", "remove", "not-now", "confirm"}
    ceremonies = {
        f"{verb}-{what}" for verb in ("start", "finalize") for what in ("registration", "login", "signup")
    }

    assert {each.name for each in urlpatterns} - told - old - ceremonies == set(NEW)


@pytest.mark.parametrize("method", METHODS)
def test_g2_scanners_with_any_method_use_nothing_up_and_log_no_secret(user, method):
    """The fixture that watches the log fails the test if the secret gets into it."""
    enrolment, secret = new_link(user)
    scanner = Client(enforce_csrf_checks=True)

    for _times in range(3):
        response = scanner.generic(method, f"/passkeys/enrol/{secret}/")
        assert (response.status_code, response["Location"]) == (302, "/passkeys/enrol/")
        scanner.generic(method, f"/passkeys/enrol/cancel/{enrolment.cancel_token}/")

    enrolment.refresh_from_db()
    assert (enrolment.used_at, enrolment.cancelled_at) == (None, None)
    assert Holder().open(secret).enrol().status_code == 201


@pytest.mark.parametrize("name", NEW)
@pytest.mark.parametrize("method", [each for each in METHODS if each not in ("GET", "HEAD", "POST")])
def test_g2_odd_methods_do_nothing_at_any_page(signed_in, user, name, method):
    enrolment, secret = new_link(user)
    client = signed_in.client
    client.get(f"/passkeys/enrol/{secret}/")
    key = client.session.session_key

    response = client.generic(method, reverse(f"passkeys:{name}", args=args_of(name, secret, enrolment)))

    assert response.status_code == (302 if name == "enrol-link" else 405)
    assert "passkeys_enrolment" not in response.cookies
    assert client.session.session_key == key
    enrolment.refresh_from_db()
    assert (enrolment.used_at, enrolment.cancelled_at) == (None, None)
    assert Enrolment.objects.count() == 1
    assert not Passkey.objects.exists()


@pytest.mark.parametrize("name", NEW)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_g2_reading_a_page_changes_nothing(signed_in, user, name, method):
    """What a browser fetches ahead, or a picture on another site, makes the victim's browser read."""
    enrolment, secret = new_link(user)
    client = signed_in.client
    client.get(f"/passkeys/enrol/{secret}/")
    key = client.session.session_key

    response = client.generic(method, reverse(f"passkeys:{name}", args=args_of(name, secret, enrolment)))

    assert response.status_code in (200, 302, 403, 404, 405)
    assert client.session.session_key == key
    assert client.session["_auth_user_id"] == str(user.pk)
    enrolment.refresh_from_db()
    assert (enrolment.used_at, enrolment.cancelled_at) == (None, None)
    assert Enrolment.objects.count() == 1
    assert not user.passkey_recovery_codes.exists()


def test_g2_a_forwarded_link_that_was_used_tells_its_reader_nothing(user):
    _enrolment, secret = new_link(user)
    assert Holder().open(secret).enrol().status_code == 201

    reader = Holder().open(secret)

    page = reader.page()
    assert page.status_code == 403
    assert user.get_username() not in page.content.decode()
    assert reader.post("start-enrolment").json()["code"] == "enrolment_invalid"


def test_g2_what_one_browser_has_begun_no_other_finishes(user):
    """The answer of the authenticator, sent from another browser that has opened the same link."""
    _enrolment, secret = new_link(user)
    first, second = Holder().open(secret), Holder().open(secret)

    assert second.finish(first.answer()).json()["code"] == "ceremony_not_found"
    assert first.enrol().status_code == 201


def test_g2_a_ceremony_of_a_link_is_none_of_the_account(signed_in, user):
    """Neither a registration in a session is finished by a link, nor the other way round."""
    holder = holder_of(user)
    holder.client.force_login(user)
    of_link = holder.answer()
    assert holder.post("finalize-registration", of_link).json()["code"] in ("ceremony_not_found", "ceremony_used")

    of_session = signed_in.authenticator.create(signed_in.creation_options())
    _enrolment, secret = new_link(user)
    signed_in.client.get(f"/passkeys/enrol/{secret}/")
    refused = signed_in.post("finalize-enrolment", of_session)

    assert refused.json()["code"] == "ceremony_not_found"
    assert not Passkey.objects.exists()


def test_g2_a_link_for_one_account_finishes_nothing_begun_for_another(user, other_user):
    browser = holder_of(user)
    credential = browser.answer()
    _enrolment, secret = new_link(other_user)
    browser.client.get(f"/passkeys/enrol/{secret}/")

    assert browser.finish(credential).json()["code"] == "ceremony_not_found"
    assert not Passkey.objects.exists()


def test_g2_the_holder_of_a_link_gets_no_session_without_a_passkey(user):
    browser = holder_of(user)
    browser.page()
    browser.answer()
    browser.client.get("/passkeys/enrol/done/")

    assert browser.user_id is None
    assert Browser(browser.client).post("start-registration").json()["code"] == "not_authenticated"
