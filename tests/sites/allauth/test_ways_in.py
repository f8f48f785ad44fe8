"""A passkey may be removed if allauth has another way in for its owner."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

from passkeys_django import lifecycle
from passkeys_django.exceptions import LastPasskey
from passkeys_django.models import Passkey
from tests.conftest import make_passkey

pytestmark = pytest.mark.django_db
WEBAUTHN = Authenticator.Type.WEBAUTHN


@pytest.fixture
def passkey(user):
    user.set_unusable_password()
    user.save()
    return make_passkey(user)


def is_removed(passkey):
    try:
        lifecycle.remove(passkey)
    except LastPasskey:
        return False
    return True


@pytest.mark.parametrize(
    ("provider", "counts"), [("google", True), ("dummy", True), ("gitlab", False), ("openid_connect_42", False)]
)
def test_a_social_account_counts_while_the_site_has_its_provider(passkey, provider, counts):
    SocialAccount.objects.create(user=passkey.user, provider=provider, uid="1")

    assert is_removed(passkey) is counts


@pytest.mark.parametrize("apps", [[], [{"client_id": str(number), "secret": "s"} for number in range(2)]], ids=len)
def test_a_social_account_does_not_count_without_exactly_one_app(passkey, settings, apps):
    settings.SOCIALACCOUNT_PROVIDERS = {"google": {"APPS": apps}}
    SocialAccount.objects.create(user=passkey.user, provider="google", uid="1")

    assert not is_removed(passkey)


@pytest.mark.parametrize(("enabled", "verified"), [(True, True), (True, False), (False, True)])
def test_codes_count_for_a_verified_address(passkey, settings, enabled, verified):
    settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = enabled
    EmailAddress.objects.create(user=passkey.user, email="ada@example.com", verified=verified)

    assert is_removed(passkey) is (enabled and verified)


def test_codes_count_where_the_login_page_asks_for_no_password(passkey, settings):
    settings.ACCOUNT_SIGNUP_FIELDS = ["email*"]
    EmailAddress.objects.create(user=passkey.user, email="ada@example.com", verified=True)

    assert is_removed(passkey)


@pytest.mark.parametrize(("enabled", "discoverable"), [(True, True), (True, False), (False, True)])
def test_a_passkey_of_allauth_counts_while_its_login_page_takes_it(passkey, settings, enabled, discoverable):
    settings.MFA_PASSKEY_LOGIN_ENABLED = enabled
    extensions = {"credProps": {"rk": discoverable}}
    data = {"name": "key", "credential": {"clientExtensionResults": extensions}}
    Authenticator.objects.create(user=passkey.user, type=WEBAUTHN, data=data)

    assert is_removed(passkey) is (enabled and discoverable)


def test_another_persons_ways_do_not_count(passkey, other_user, settings):
    settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = True
    SocialAccount.objects.create(user=other_user, provider="google", uid="1")
    EmailAddress.objects.create(user=other_user, email="grace@example.com", verified=True)

    assert not is_removed(passkey)
    assert Passkey.objects.count() == 1


def test_the_page_does_not_speak_of_an_only_way(signed_in, user):
    signed_in.register()
    signed_in.confirm()
    passkey = Passkey.objects.get()
    user.set_unusable_password()
    user.save()
    session = signed_in.client.session
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()
    path = f"/passkeys/{passkey.pk}/remove/"
    assert "only way to sign in" in signed_in.client.get(path).content.decode()

    SocialAccount.objects.create(user=user, provider="google", uid="1")

    assert "only way to sign in" not in signed_in.client.get(path).content.decode()
    assert signed_in.client.post(path).status_code == 302
    assert not Passkey.objects.exists()
