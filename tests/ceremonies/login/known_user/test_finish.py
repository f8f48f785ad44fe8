"""`verify_login(user=...)` and `finalize_login(user=...)`: the answer of the person whom the site knows."""

import pytest

from passkeys_django.models import Passkey
from tests.ceremonies.login.known_user.site import (
    LOGIN_FAILED,
    add,
    answered,
    ask,
    listed,
    options_for,
    passkey_of,
)
from tests.conftest import refusal

pytestmark = pytest.mark.django_db


def test_the_site_learns_whose_passkey_it_was_and_no_session_opens(registered, user):
    response = ask(registered, "finish", answered(registered, user), user=user)

    assert response.json() == {"user": str(user.pk), "verified": True, "passkey": str(passkey_of(user).pk)}
    assert registered.user_id is None


@pytest.mark.parametrize("query", [{}, {"user": True}], ids=["any ceremony", "a ceremony of this user"])
def test_finalize_login_opens_the_session_of_this_user(registered, user, query):
    response = ask(registered, "sign_in", answered(registered, user), **dict.fromkeys(query, user))

    assert response.status_code == 200, response.content
    assert registered.user_id == str(user.pk)


def test_a4_the_answer_may_lack_the_user_handle(registered, user):
    """WebAuthn L3, 7.2 step 6: the options named the credentials."""
    assert ask(registered, "finish", answered(registered, user, user_handle=None), user=user).status_code == 200


def test_a4_another_user_handle_is_refused(registered, user):
    credential = answered(registered, user, user_handle=b"somebody else")

    assert refusal(ask(registered, "finish", credential, user=user)) == LOGIN_FAILED


def test_a_passkey_that_was_made_after_the_start_is_this_users_too(registered, user):
    options = options_for(registered, user)
    newest = add(registered, user)
    assert newest not in listed(options)

    credential = registered.authenticator.get(options, credential_id=newest)

    assert ask(registered, "finish", credential, user=user).status_code == 200


def test_such_a_login_does_not_show_that_the_passkey_is_discoverable(registered, user):
    Passkey.objects.update(discoverable=None)
    assert ask(registered, "finish", answered(registered, user), user=user).status_code == 200
    assert passkey_of(user).discoverable is None

    assert registered.login().status_code == 200
    assert passkey_of(user).discoverable is True


def test_a_user_who_may_not_log_in_is_refused_at_the_end(registered, user, deactivate):
    deactivate(user)

    assert refusal(ask(registered, "finish", answered(registered, user), user=user)) == LOGIN_FAILED


def test_the_result_says_whether_the_device_verified(registered, user, settings):
    settings.PASSKEY_USER_VERIFICATION = "preferred"
    credential = answered(registered, user, flags={"uv": False})

    assert ask(registered, "finish", credential, user=user).json()["verified"] is False
