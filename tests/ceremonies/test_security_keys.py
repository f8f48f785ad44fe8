"""Registering a security key, which is good only as a second step after a password."""

import json
import uuid

import pytest

from passkeys_django.ceremonies import cookies
from passkeys_django.models import Passkey, UserHandle
from tests.conftest import Browser, ceremony_cookies, make_passkey, put_cookies, refusal
from tests.support.two_steps import KEY, with_key

pytestmark = pytest.mark.django_db


def test_g7_the_options_ask_for_a_credential_that_no_login_offers(signed_in):
    options = signed_in.creation_options(KEY)["publicKey"]

    assert options["authenticatorSelection"] == {
        "residentKey": "discouraged",
        "requireResidentKey": False,
        "userVerification": "discouraged",
    }
    assert options["attestation"] == "none"
    assert options["excludeCredentials"] == []


@pytest.mark.parametrize("setting", ["required", "preferred", "discouraged"])
def test_user_verification_is_what_the_setting_for_second_steps_says(signed_in, settings, setting):
    settings.PASSKEY_SECOND_STEP_VERIFICATION = setting

    selection = signed_in.creation_options(KEY)["publicKey"]["authenticatorSelection"]

    assert selection["userVerification"] == setting


def test_all_credentials_of_the_user_are_excluded_whatever_their_kind(signed_in, user):
    passkey = make_passkey(user)
    handle = UserHandle.objects.for_user(user).handle.encode()
    key = make_passkey(user, kind="security-key", user_handle=handle)

    for start in (KEY, {}):
        excluded = signed_in.creation_options(start)["publicKey"]["excludeCredentials"]
        assert {each["id"] for each in excluded} == {passkey.credential_id, key.credential_id}


def test_a_security_key_of_other_software_leaves_room_for_a_passkey_but_not_for_itself(signed_in, user):
    key = make_passkey(user, kind="security-key", user_handle=b"of other software")

    assert signed_in.creation_options()["publicKey"]["excludeCredentials"] == []
    [excluded] = signed_in.creation_options(KEY)["publicKey"]["excludeCredentials"]
    assert excluded["id"] == key.credential_id


def test_g7_the_stored_kind_is_that_of_our_ceremony(user):
    browser = Browser(user_verified=False).sign_in(user)

    response = browser.register(start=KEY)

    assert response.status_code == 201, response.content
    assert response.json()["kind"] == "security-key"
    row = Passkey.objects.get()
    assert (row.kind, row.discoverable, row.user_verified) == ("security-key", False, False)


def test_a_passkey_stays_a_passkey(signed_in):
    assert signed_in.register(start={"kind": "passkey"}).json()["kind"] == "passkey"
    assert Passkey.objects.get().discoverable is True


def test_a_key_without_a_known_maker_is_called_what_it_is(user):
    with_key(user, aaguid=uuid.UUID(int=0))

    assert Passkey.objects.get().name == "Security key"


def test_without_user_verification_no_key_where_the_setting_requires_it(user, settings):
    settings.PASSKEY_SECOND_STEP_VERIFICATION = "required"
    browser = Browser(user_verified=False).sign_in(user)

    assert refusal(browser.register(start=KEY)) == (400, "invalid_credential")
    assert not Passkey.objects.exists()


@pytest.mark.parametrize("kind", ["", "Security-Key", "second-factor", 1, True, None, [], {}], ids=repr)
def test_an_unknown_kind_is_refused(signed_in, kind):
    assert refusal(signed_in.post("start-registration", {"kind": kind})) == (400, "invalid_request")


def test_a_key_is_never_made_without_a_dialog(signed_in):
    response = signed_in.post("start-registration", {**KEY, "mediation": "conditional"})

    assert refusal(response) == (400, "invalid_request")


def test_keys_count_for_the_limit_like_passkeys(signed_in, user):
    for _ in range(20):
        make_passkey(user, kind="security-key")

    assert refusal(signed_in.post("start-registration", KEY)) == (409, "passkey_limit_reached")


@pytest.mark.parametrize("start", [{}, KEY], ids=["passkey", "security key"])
def test_g7_the_browser_cannot_change_the_kind_between_start_and_finalize(signed_in, start):
    """The kind is in the signed cookie of the challenge; what finalize is told besides does not matter."""
    credential = signed_in.authenticator.create(signed_in.creation_options(start))

    response = signed_in.post("finalize-registration", {**credential, "kind": "passkey", "is_mfa": False})

    assert response.json()["kind"] == start.get("kind", "passkey")


def test_g7_the_cookie_of_a_key_is_none_of_a_passkey(signed_in):
    """The cookies of two ceremonies cannot be swapped: each is for its own challenge."""
    passkey = signed_in.creation_options()
    (mine,) = ceremony_cookies(signed_in.client).items()
    signed_in.client.cookies.clear()
    credential = signed_in.authenticator.create(passkey)
    signed_in.sign_in(Passkey._meta.get_field("user").related_model.objects.get())
    signed_in.creation_options(KEY)
    (other,) = ceremony_cookies(signed_in.client).items()
    put_cookies(signed_in.client, {mine[0]: other[1]})

    assert refusal(signed_in.post("finalize-registration", credential)) == (400, "ceremony_not_found")


def test_a_cookie_of_a_version_that_knows_no_such_purpose_is_refused(signed_in, monkeypatch):
    credential = signed_in.authenticator.create(signed_in.creation_options(KEY))
    ((name, value),) = ceremony_cookies(signed_in.client).items()
    members = cookies._signer().unsign_object(value)
    changed = ["some-later-purpose" if member == "security-key" else member for member in members]
    assert changed != members
    put_cookies(signed_in.client, {name: cookies._signer().sign_object(changed)})

    assert refusal(signed_in.post("finalize-registration", credential)) == (400, "ceremony_not_found")


def test_the_list_in_json_tells_the_kinds_apart(user):
    browser = with_key(user).sign_in(user)
    make_passkey(user)

    listed = browser.client.get("/passkeys/", headers={"Accept": "application/json"}).json()["passkeys"]

    assert {each["kind"] for each in listed} == {"passkey", "security-key"}


def test_the_list_page_says_what_a_key_is_good_for_and_offers_another(user):
    browser = with_key(user).sign_in(user)

    page = browser.client.get("/passkeys/").content.decode()

    assert "Security key: only together with your password" in page
    assert 'data-passkey-kind="security-key"' in page


def test_the_list_page_offers_no_keys_where_they_are_good_for_nothing(signed_in, settings):
    assert "data-passkey-kind" not in signed_in.client.get("/passkeys/").content.decode()

    settings.PASSKEY_POLICY = {"everybody": {"password": "second-step"}}

    assert "data-passkey-kind" in signed_in.client.get("/passkeys/").content.decode()


def test_removing_a_key_says_that_it_was_a_second_step(user):
    browser = with_key(user).sign_in(user)
    key = Passkey.objects.get()

    assert b"second step" in browser.client.get(f"/passkeys/{key.pk}/remove/").content
    assert browser.client.post(f"/passkeys/{key.pk}/remove/").status_code == 302
    assert not Passkey.objects.exists()


def test_the_owner_is_told_of_a_key(user, mailoutbox, django_capture_on_commit_callbacks):
    user.email = "ada@example.com"
    user.save()
    with django_capture_on_commit_callbacks(execute=True):
        browser = with_key(user).sign_in(user)
        browser.client.post(f"/passkeys/{Passkey.objects.get().pk}/remove/")

    assert [mail.subject for mail in mailoutbox] == [
        "Test server: a security key was added",
        "Test server: a security key was removed",
    ]
    assert all("without your password" not in mail.body for mail in mailoutbox)
    assert json.dumps([mail.alternatives[0][0] for mail in mailoutbox]).count("security key") >= 2
