"""register() and login(), as the tests of a site use them."""

import pytest
from django.test import Client

from passkeys_django.models import Passkey
from passkeys_django.testing import (
    CredentialExcluded,
    NoSuitableCredential,
    SoftwareAuthenticator,
    login,
    register,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(client, user):
    client.force_login(user)
    return client


@pytest.fixture
def visitor():
    return Client()


def test_a_passkey_is_made_and_signs_in(member, visitor, passkey_authenticator, user):
    made = register(member, passkey_authenticator)
    assert made.status_code == 201
    assert made.json()["id"] == str(Passkey.objects.get(user=user).pk)
    done = login(visitor, passkey_authenticator)
    assert done.status_code == 200
    assert done.json() == {"redirect_url": "/accounts/profile/"}
    assert visitor.session["_auth_user_id"] == str(user.pk)


def test_where_to_go_afterwards(member, visitor, passkey_authenticator):
    register(member, passkey_authenticator)
    assert login(visitor, passkey_authenticator, next="/a?b=c&d").json() == {"redirect_url": "/a?b=c&d"}


def test_answers_can_be_falsified(member, visitor, passkey_authenticator):
    assert register(member, passkey_authenticator, origin="https://evil.example").status_code == 400
    assert Passkey.objects.count() == 0
    register(member, passkey_authenticator)
    refused = login(visitor, passkey_authenticator, tamper_signature=True)
    assert (refused.status_code, refused.json()["code"]) == (403, "login_failed")


def test_which_passkey_is_used(member, visitor, passkey_authenticator, user):
    register(member, passkey_authenticator)
    first = Passkey.objects.get().credential_id
    login(member, passkey_authenticator)
    passkey_authenticator.credentials, kept = {}, passkey_authenticator.credentials
    assert register(member, passkey_authenticator).status_code == 201
    passkey_authenticator.credentials |= kept
    login(visitor, passkey_authenticator, credential_id=first)
    assert Passkey.objects.get(use_count=2).credential_id == first
    assert Passkey.objects.filter(use_count=0).count() == 1


def test_a_refused_start_is_what_comes_back(visitor, member, passkey_authenticator):
    refused = register(visitor, passkey_authenticator)
    assert (refused.status_code, refused.json()["code"]) == (401, "not_authenticated")
    refused = login(visitor, passkey_authenticator, start={"purpose": "confirm"})
    assert (refused.status_code, refused.json()["code"]) == (401, "not_authenticated")


def test_what_a_browser_would_throw_is_raised(member, visitor, passkey_authenticator):
    with pytest.raises(NoSuitableCredential):
        login(visitor, passkey_authenticator)
    register(member, passkey_authenticator)
    login(member, passkey_authenticator)
    with pytest.raises(CredentialExcluded):
        register(member, passkey_authenticator)


def test_a_start_can_have_a_body(member, passkey_authenticator, user):
    register(member, passkey_authenticator)
    assert login(member, passkey_authenticator, start={"purpose": "confirm"}).status_code == 200


def test_a_password_alone_adds_no_second_passkey(member, passkey_authenticator):
    """The refusal comes back as for every site: it must sign in with the first one."""
    register(member, passkey_authenticator)
    refused = register(member, passkey_authenticator)
    assert (refused.status_code, refused.json()["code"]) == (403, "reauthentication_required")


def test_headers_are_sent_with_both_requests(member, user, passkey_authenticator):
    strict = Client(enforce_csrf_checks=True)
    assert login(strict, passkey_authenticator).json()["code"] == "csrf_failed"
    register(member, passkey_authenticator)
    token = "a" * 32
    strict.cookies["csrftoken"] = token
    headers = {"X-CSRFToken": token, "Origin": "https://testserver"}
    assert login(strict, passkey_authenticator, headers=headers).status_code == 200


def test_a_site_that_redirects_to_https_is_asked_by_https(member, passkey_authenticator, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", *settings.MIDDLEWARE]
    assert register(member, passkey_authenticator).status_code == 201


def test_an_origin_of_http_is_asked_by_http(member, settings):
    settings.PASSKEY_ORIGINS = ["http://testserver"]
    response = register(member, SoftwareAuthenticator(origin="http://testserver"))
    assert response.status_code == 201
    assert response.wsgi_request.scheme == "http"
