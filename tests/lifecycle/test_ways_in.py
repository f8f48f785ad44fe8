"""How else somebody can sign in, which decides whether their last passkey may go."""

import pytest
from django.utils import timezone

from passkeys_django import lifecycle
from passkeys_django.exceptions import LastPasskey
from passkeys_django.lifecycle.lockout import users_locked_out
from passkeys_django.lifecycle.ways_in import has_other_way_in, has_password
from passkeys_django.models import Passkey
from passkeys_django.signals import seeking_way_in
from tests.conftest import make_passkey

pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json"}
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


@pytest.mark.parametrize(("answers", "counts"), [([False, True], True), ([False, None], False)], ids=str)
def test_an_app_may_count_ways_in_that_it_knows(without_password, answers, counts):
    asked = []
    receivers = [lambda answer=answer, **kwargs: asked.append(kwargs["user"]) or answer for answer in answers]
    for receiver in receivers:
        seeking_way_in.connect(receiver)
    try:
        assert has_other_way_in(without_password) is counts
    finally:
        for receiver in receivers:
            seeking_way_in.disconnect(receiver)

    assert asked == [without_password] * 2


# Passkeys that cannot sign in

UNUSABLE = {
    "refused by its provider": {"refused_at": timezone.now()},
    "of another domain": {"rp_id": "old.example"},
    "never verified": {"user_verified": False},
}


@pytest.fixture(params=UNUSABLE.values(), ids=list(UNUSABLE))
def unusable(request, without_password):
    """A passkey, beside `usable`, that cannot sign in."""
    return make_passkey(without_password, **{"user_verified": True, **request.param})


@pytest.fixture
def usable(without_password):
    return make_passkey(without_password, user_verified=True)


def test_l1_a_passkey_that_cannot_sign_in_is_no_way_in(usable, unusable):
    with pytest.raises(LastPasskey):
        lifecycle.remove(usable)
    assert users_locked_out({usable.pk}) == 1

    lifecycle.remove(unusable)
    assert list(Passkey.objects.all()) == [usable]


def test_l1_staff_hear_of_whom_nothing_usable_is_left_to(usable, unusable):
    assert users_locked_out({unusable.pk}) == 0
    assert users_locked_out({usable.pk, unusable.pk}) == 1


def test_l1_of_passkeys_that_cannot_sign_in_the_last_one_stays(unusable):
    assert users_locked_out({unusable.pk}) == 1
    with pytest.raises(LastPasskey):
        lifecycle.remove(unusable)


def test_l1_the_remove_page_says_so(usable, unusable, client, settings):
    settings.PASSKEY_CONFIRM_METHOD = "any"  # nobody can show these passkeys
    client.force_login(usable.user, backend=PASSKEY_BACKEND)

    pages = [client.get(f"/passkeys/{passkey.pk}/remove/").content for passkey in (usable, unusable)]

    assert [b"only way" in page for page in pages] == [True, False]
    assert client.post(f"/passkeys/{usable.pk}/remove/", headers=JSON).status_code == 409


def test_a_passkey_that_has_signed_in_is_usable_though_nobody_was_verified_at_its_creation(without_password):
    """As one that the browser made by itself."""
    passkey = make_passkey(without_password, user_verified=True, use_count=1)  # as a login leaves it

    assert list(Passkey.objects.of(without_password).usable()) == [passkey]


@pytest.mark.parametrize("setting", ["preferred", "discouraged"])
def test_where_verification_is_not_required_a_passkey_without_it_is_usable(without_password, settings, setting):
    settings.PASSKEY_USER_VERIFICATION = setting

    assert Passkey.objects.of(make_passkey(without_password).user).usable().exists()


def test_where_a_tenant_decides_a_passkey_without_verification_is_usable(without_password, hanko_site):
    assert Passkey.objects.of(make_passkey(without_password).user).usable().exists()


def test_a_site_without_an_rp_id_counts_its_passkeys(usable, settings):
    del settings.PASSKEY_RP_ID

    assert Passkey.objects.of(usable.user).usable().exists()
