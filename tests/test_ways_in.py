"""How else somebody can sign in, which decides whether their last passkey may go."""

import pytest

from passkeys_django import lifecycle
from passkeys_django.exceptions import LastPasskey
from passkeys_django.models import Passkey
from passkeys_django.ways_in import has_other_way_in, has_password

from .conftest import make_passkey

pytestmark = pytest.mark.django_db
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
PASSKEY_BACKEND = "passkeys_django.backends.PasskeyBackend"
REMOTE_USER_BACKEND = "django.contrib.auth.backends.RemoteUserBackend"


@pytest.fixture
def without_password(user):
    user.set_unusable_password()
    user.save()
    return user


def has_single_sign_on(user):
    return user.get_username().startswith("ada")


@pytest.mark.parametrize(
    ("backends", "counts"),
    [
        ([MODEL_BACKEND, PASSKEY_BACKEND], True),
        ([PASSKEY_BACKEND, MODEL_BACKEND], True),
        ([PASSKEY_BACKEND], False),
        ([PASSKEY_BACKEND, REMOTE_USER_BACKEND], False),
    ],
    ids=str,
)
def test_a_password_counts_where_passwords_are_taken(user, settings, backends, counts):
    settings.AUTHENTICATION_BACKENDS = backends

    assert has_password(user) is counts
    assert has_other_way_in(user) is counts


def test_an_unusable_password_counts_nowhere(without_password):
    assert not has_password(without_password)
    assert not has_other_way_in(without_password)


def test_the_last_passkey_stays_where_no_password_is_taken(user, settings):
    settings.AUTHENTICATION_BACKENDS = [PASSKEY_BACKEND]

    with pytest.raises(LastPasskey):
        lifecycle.remove(make_passkey(user))


def test_a_site_may_count_its_other_ways_in(without_password, other_user, settings):
    settings.PASSKEY_OTHER_WAY_IN = f"{__name__}.has_single_sign_on"
    other_user.set_unusable_password()

    lifecycle.remove(make_passkey(without_password))

    assert not Passkey.objects.exists()
    assert not has_other_way_in(other_user)


def test_the_sites_function_is_asked_only_where_there_is_no_password(user, settings):
    settings.PASSKEY_OTHER_WAY_IN = f"{__name__}.nobody_asks"

    assert has_other_way_in(user)


def nobody_asks(user):
    raise AssertionError
