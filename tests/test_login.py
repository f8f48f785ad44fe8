"""Signing in with a passkey."""

import pytest

pytestmark = pytest.mark.django_db


def test_a_registered_passkey_signs_its_user_in(registered, user):
    response = registered.login()

    assert response.status_code == 200, response.content
    assert response.json() == {"redirect_url": "/accounts/profile/"}
    assert registered.user_id == str(user.pk)
