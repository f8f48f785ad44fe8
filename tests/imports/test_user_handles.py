"""Some packages made several handles of one name: an imported passkey is known by each, until its first use."""

from dataclasses import replace

import pytest

from passkeys_django.models import Passkey
from tests.conftest import refusal
from tests.support.two_steps import log_in, use_site

HELD = {"as it is": b"ada", "in base64url": b"YWRh", "decoded": b"i\xd6"}
LOGIN_FAILED = (403, "login_failed")
each_held = pytest.mark.parametrize("held", HELD.values(), ids=HELD)


@pytest.fixture
def imported(registered):
    """A browser whose passkey was imported under the name "ada"."""
    Passkey.objects.update(provider="", discoverable=None, user_handle=b"ada")
    return registered


def stored():
    return bytes(Passkey.objects.get().user_handle)


@each_held
def test_every_handle_that_was_made_of_the_name_signs_in(imported, user, held):
    assert imported.login(user_handle=held).status_code == 200
    assert imported.user_id == str(user.pk)


@each_held
def test_the_first_login_tells_which_one_the_authenticator_holds(imported, held):
    imported.login(user_handle=held)

    assert stored() == held
    for other in set(HELD.values()) - {held}:
        assert refusal(imported.login(user_handle=other)) == LOGIN_FAILED
    assert imported.login(user_handle=held).status_code == 200


@each_held
def test_a_second_step_tells_it_too(imported, user, settings, held):
    use_site(settings)
    imported.client.logout()

    assert log_in(imported, user, user_handle=held).status_code == 302
    assert stored() == held


def test_an_answer_without_a_handle_changes_none(imported, user, settings):
    use_site(settings)
    imported.client.logout()

    assert log_in(imported, user, user_handle=None).status_code == 302
    assert stored() == b"ada"


@pytest.mark.parametrize("handle", [b"eve", b"ZXZl", b"YWRh\n", b"Ada", b""])
def test_another_handle_is_refused(imported, handle):
    assert refusal(imported.login(user_handle=handle)) == LOGIN_FAILED
    assert stored() == b"ada"


def test_what_the_stored_key_has_not_signed_teaches_nothing(imported):
    assert refusal(imported.login(user_handle=b"YWRh", tamper_signature=True)) == LOGIN_FAILED
    assert stored() == b"ada"


@pytest.mark.parametrize("facts", [{"discoverable": True}, {"provider": "hanko:elsewhere"}], ids=str)
def test_other_passkeys_have_one_handle(imported, facts):
    """Those that were made here, and those of a provider, which knows the handle."""
    Passkey.objects.update(**facts)

    assert refusal(imported.login(user_handle=b"YWRh")) == LOGIN_FAILED


def test_a_security_key_holds_any_of_them_too(imported, user, settings):
    use_site(settings)
    Passkey.objects.update(kind="security-key")
    ((credential_id, credential),) = imported.authenticator.credentials.items()
    imported.authenticator.credentials[credential_id] = replace(credential, user_handle=b"YWRh")
    imported.client.logout()

    assert log_in(imported, user).status_code == 302
