"""F7: the browser is told to forget a passkey only if it was ours: another site of its RP ID may know it."""

import secrets

import pytest
from django.http import HttpResponse

from passkeys_django import lifecycle
from passkeys_django.ceremonies import apply_cookies, start_login
from passkeys_django.frontend.script_config import script_config
from passkeys_django.models import Passkey, RemovedPasskey, Tombstone, UserHandle
from passkeys_django.protocol.base64url import base64url_encode
from tests.conftest import Browser, make_passkey, refusal

pytestmark = pytest.mark.django_db
UNKNOWN = (403, "unknown_passkey")
ALGORITHMS = [{"type": "public-key", "alg": -7}]
TEXT = "This site does not know this passkey. Please choose another one or sign in another way."


@pytest.fixture(params=["embedded", "hanko"])
def provider(request):
    return request.getfixturevalue("hanko_site") if request.param == "hanko" else None


def tried(browser, *, handle):
    """Somebody tries a passkey with this user handle that this site has never seen."""
    user = {"id": handle, "name": "somebody", "displayName": "Somebody"}
    other = Browser(browser.client)
    options = {
        "rp": {"id": "testserver", "name": "x"},
        "user": user,
        "challenge": "AAAA",
        "pubKeyCredParams": ALGORITHMS,
    }
    other.authenticator.create({"publicKey": options})
    response = other.login()
    assert refusal(response) == UNKNOWN
    assert response.json()["detail"] == TEXT
    return response.json()["signal"]


@pytest.mark.parametrize(
    "handle",
    [secrets.token_bytes(32), secrets.token_urlsafe(32).encode(), b"1", b"\xff", b"a\x00"],
    ids=["random bytes", "random text", "a number", "no UTF-8", "a zero"],
)
def test_f7_a_passkey_of_another_site_is_left_alone(provider, registered, handle):
    assert tried(registered, handle=base64url_encode(handle)) is False


@pytest.mark.parametrize("handle", [b"1", b"ada@example.com"], ids=ascii)
def test_f7_a_handle_that_others_may_have_or_guess_proves_nothing(registered, user, handle):
    """It was taken over from elsewhere: two projects on localhost may both have a user 1."""
    make_passkey(user, user_handle=handle)

    assert tried(registered, handle=base64url_encode(handle)) is False


def test_f7_a_passkey_that_was_made_for_one_of_our_users_is_to_be_forgotten(provider, registered, user):
    assert tried(registered, handle=base64url_encode(UserHandle.objects.get().handle.encode())) is True


def test_f7_a_removed_passkey_is_to_be_forgotten_whatever_its_handle(registered, user):
    Passkey.objects.get().delete()
    UserHandle.objects.all().delete()

    response = registered.login()

    assert refusal(response) == UNKNOWN
    assert response.json()["signal"] is True


def test_f7_a_removed_passkey_stays_ours_when_the_providers_copy_is_gone(hanko_site, registered, user):
    """Nothing of it is left but the tombstone: no row, no copy, no user handle, no removal that is still to do."""
    lifecycle.remove(Passkey.objects.get())
    UserHandle.objects.all().delete()
    assert not RemovedPasskey.objects.exists()

    response = registered.login()

    assert refusal(response) == UNKNOWN
    assert response.json()["signal"] is True


def test_f7_it_stays_ours_for_a_login_of_a_known_user_too(registered, user, rf):
    """The options list another passkey of theirs, and the browser answers with the removed one."""
    removed = Passkey.objects.get()
    lifecycle.remove(removed)
    make_passkey(user, user_verified=True)
    request = rf.post("/")
    options = start_login(request, user=user)
    [cookie] = apply_cookies(request, HttpResponse()).cookies.values()
    registered.client.cookies[cookie.key] = cookie.value

    credential = registered.authenticator.get(options, credential_id=removed.credential_id)

    assert registered.post("finalize-login", credential).json()["signal"] is True


def test_f7_a_passkey_whose_user_is_gone_is_to_be_forgotten(registered, user):
    user.delete()

    assert registered.login().json()["signal"] is True


def test_f7_what_was_removed_at_another_domain_is_none_of_ours(registered):
    credential_id = Passkey.objects.get().credential_id
    Passkey.objects.all().delete()
    UserHandle.objects.all().delete()
    RemovedPasskey.objects.all().delete()
    Tombstone.objects.update(rp_id="other.example")

    assert registered.login().json()["signal"] is False
    assert not Tombstone.objects.lift(rp_id="testserver", credential_id=credential_id)


def test_f7_a_site_may_signal_nothing(registered, settings):
    settings.PASSKEY_SIGNAL_API = False
    Passkey.objects.all().delete()

    assert registered.login().json()["signal"] is False
    assert script_config({})["signalApi"] is False


@pytest.mark.parametrize("refused", [{"tamper_signature": True}, {"flags": {"uv": False}}], ids=repr)
def test_f7_no_other_refusal_says_anything_of_it(registered, refused):
    assert "signal" not in registered.login(**refused).json()
