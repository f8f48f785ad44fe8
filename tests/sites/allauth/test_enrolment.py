"""Links that let people in, beside allauth: what comes before a session there, comes before it here too."""

import pytest
from allauth.account.models import EmailAddress
from allauth.account.signals import user_logged_in

from passkeys_django.models import Passkey
from tests.conftest import listening
from tests.enrolment.holder import holder_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def known(user):
    """The user has an address that is verified."""
    user.email = "ada@example.com"
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def test_the_holder_is_signed_in_by_allauth(known):
    holder = holder_of(known)
    with listening(user_logged_in) as logins:
        response = holder.enrol("?next=/passkeys/")

    assert response.json() == {"redirect_url": "/passkeys/"}
    assert holder.user_id == str(known._meta.pk.value_to_string(known))
    assert [login["user"] for login in logins] == [known]


def test_an_address_that_is_not_verified_is_verified_first(known, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    EmailAddress.objects.update(verified=False)
    holder = holder_of(known)

    response = holder.enrol()

    assert response.status_code == 201
    assert "confirm-email" in response.json()["redirect_url"]
    assert holder.user_id is None
    assert Passkey.objects.get().user == known
