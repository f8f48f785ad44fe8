"""The authentication backend: from a token to the user."""

import time
from typing import ClassVar

import jwt
import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import aauthenticate, authenticate, get_user, get_user_model
from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.test import RequestFactory

from passkeys_django.backends import PasskeyBackend, may_log_in
from passkeys_django.ceremonies import verify_login
from passkeys_django.exceptions import LoginFailed
from passkeys_django.models import Passkey
from passkeys_django.protocol.credentials import parse_authentication
from passkeys_django.providers import tokens
from passkeys_django.relying_party import get_relying_party
from passkeys_django.sessions.proof import LoginAttempt, set_proof
from passkeys_django.testing import SoftwareAuthenticator
from passkeys_django.testing.encoding import b64url
from tests.conftest import PASSWORD, ceremony_cookies, credentials_of

pytestmark = pytest.mark.django_db

BACKEND = "passkeys_django.backends.PasskeyBackend"


@pytest.fixture
def passkey(user):
    return make_passkey(user, "AAEC", b"handle of ada")


def make_passkey(user, credential_id, handle, **fields):
    return Passkey.objects.create(
        user=user,
        rp_id="testserver",
        user_handle=handle,
        credential_id=credential_id,
        public_key=b"",
        name="Passkey",
        **fields,
    )


def token_of(passkey, **changes):
    arguments = {
        "token_type": tokens.LOGIN_TYPE,
        "user_handle": bytes(passkey.user_handle),
        "credential_id": passkey.credential_id,
        "audience": "testserver",
    }
    return tokens.issue_embedded(**{**arguments, **changes})


@pytest.fixture(params=["with a request", "without a request"])
def request_or_none(request):
    return RequestFactory().post("/") if request.param == "with a request" else None


def attempting(passkey, *, began_at=None):
    """A request in which `passkey` is being used."""
    request = RequestFactory().post("/")
    authenticator = SoftwareAuthenticator(origin="https://testserver")
    options = {"challenge": b64url(bytes(32)), "rp": {"id": "testserver"}, "user": {"id": b64url(b"x")}}
    authenticator.create({**options, "pubKeyCredParams": [{"alg": -7}]})
    credential = parse_authentication(authenticator.get({**options, "rpId": "testserver"}))
    began_at = time.time() if began_at is None else began_at
    relying_party = get_relying_party(None)
    attempt = LoginAttempt(passkey=passkey, credential=credential, relying_party=relying_party, began_at=began_at)
    set_proof(request, attempt)
    return request, attempt


# The user, or a refusal


def test_authenticate_returns_the_user(passkey, user):
    authenticated = authenticate(attempting(passkey)[0], passkey_token=token_of(passkey))

    assert authenticated == user
    assert authenticated.backend == BACKEND


def test_d26_aauthenticate_returns_the_user(passkey, user):
    authenticated = async_to_sync(aauthenticate)(attempting(passkey)[0], passkey_token=token_of(passkey))

    assert authenticated == user
    assert authenticated.backend == BACKEND


def test_j11_a_token_outside_of_a_login_that_this_server_runs_is_refused(
    passkey, request_or_none, refusals_logged
):
    assert authenticate(request_or_none, passkey_token=token_of(passkey)) is None
    assert async_to_sync(aauthenticate)(request_or_none, passkey_token=token_of(passkey)) is None
    assert ["finalize_login" in message for message in refusals_logged()] == [True, True]


def test_j11_a_token_is_refused_when_its_login_is_over(passkey):
    request, _attempt = attempting(passkey)
    set_proof(request, None)

    assert authenticate(request, passkey_token=token_of(passkey)) is None


def test_j11_after_verify_login_the_request_takes_no_token(registered, user, client):
    credential = registered.authenticator.get(registered.request_options())
    request = client.get("/").wsgi_request
    request.COOKIES |= ceremony_cookies(registered.client)

    verified = verify_login(request, credential)

    assert verified.user == user
    assert authenticate(request, passkey_token=token_of(verified.passkey)) is None


def test_j12_a_login_takes_one_token_once(passkey, user):
    request, _attempt = attempting(passkey)
    token = token_of(passkey)

    assert authenticate(request, passkey_token=token) == user
    with pytest.raises(LoginFailed, match="has already used its token"):
        authenticate(request, passkey_token=token)


def test_j12_a_refused_token_is_not_the_logins_only_one(passkey, user):
    """A provider that goes down between its token and its key set leaves the login to this site."""
    request, _attempt = attempting(passkey)
    with pytest.raises(LoginFailed):
        authenticate(request, passkey_token=token_of(passkey, user_handle=b"x"))

    assert authenticate(request, passkey_token=token_of(passkey)) == user


def signed_for(passkey, *, typ, key, algorithm="HS256", **changes):
    now = int(time.time())
    claims = {
        "sub": bytes(passkey.user_handle).decode(),
        "cred": passkey.credential_id,
        "aud": "testserver",
        "iat": now,
        "exp": now + 30,
        **changes,
    }
    return jwt.encode(claims, key, algorithm=algorithm, headers={"typ": typ})


REFUSED = {
    "an unknown passkey": (lambda passkey: token_of(passkey, credential_id="AAAA"), "another passkey"),
    "another user handle": (lambda passkey: token_of(passkey, user_handle=b"x"), "another user handle"),
    "an empty user handle": (lambda passkey: token_of(passkey, user_handle=b""), "another user handle"),
    "another relying party": (lambda passkey: token_of(passkey, audience="evil.example"), "token refused"),
    "a registration's token": (
        lambda passkey: token_of(passkey, token_type=tokens.REGISTRATION_TYPE),
        "InvalidSignatureError",
    ),
    "a registration's token under another name": (
        lambda passkey: signed_for(
            passkey,
            typ=tokens.LOGIN_TYPE,
            key=tokens._embedded_key(tokens.REGISTRATION_TYPE, "testserver"),
        ),
        "InvalidSignatureError",
    ),
    "a token of another key": (
        lambda passkey: signed_for(passkey, typ=tokens.LOGIN_TYPE, key="k" * 32),
        "InvalidSignatureError",
    ),
    "no signature": (
        lambda passkey: jwt.encode({"cred": "AAEC"}, None, algorithm="none", headers={"typ": tokens.LOGIN_TYPE}),
        "token refused",
    ),
    "no token": (lambda passkey: "", "token refused"),
    "None": (lambda passkey: None, "token refused"),
    "bytes": (lambda passkey: token_of(passkey).encode(), "token refused"),
    "nonsense": (lambda passkey: "a.b.c", "token refused"),
    "too long": (lambda passkey: token_of(passkey) + "A" * 8192, "8 kB"),
}


@pytest.mark.parametrize(("make_token", "reason"), REFUSED.values(), ids=REFUSED)
def test_j16_a_token_is_refused_for_one_reason(passkey, make_token, reason):
    token = make_token(passkey)

    with pytest.raises(LoginFailed, match=reason) as refused:
        authenticate(attempting(passkey)[0], passkey_token=token)

    assert not isinstance(token, str) or not token or token not in str(refused.value)


@pytest.mark.parametrize(("make_token", "reason"), REFUSED.values(), ids=REFUSED)
def test_d26_aauthenticate_refuses_the_same(passkey, make_token, reason):
    with pytest.raises(LoginFailed, match=reason):
        async_to_sync(aauthenticate)(attempting(passkey)[0], passkey_token=make_token(passkey))


def test_d7_an_inactive_user_is_refused(passkey, user, deactivate):
    deactivate(user)

    with pytest.raises(LoginFailed, match="may not log in"):
        authenticate(attempting(Passkey.objects.get())[0], passkey_token=token_of(passkey))


def test_j7_the_token_of_a_minute_ago_is_refused(passkey, monkeypatch):
    real = time.time
    with monkeypatch.context() as patch:
        patch.setattr("passkeys_django.providers.tokens.time.time", lambda: real() - 61)
        token = token_of(passkey)

    with pytest.raises(LoginFailed, match="ExpiredSignatureError"):
        authenticate(attempting(passkey)[0], passkey_token=token)


def test_j9_the_handle_of_another_passkey_of_the_same_user_is_refused(passkey, user):
    other = make_passkey(user, "AAED", b"an adopted handle")

    with pytest.raises(LoginFailed, match="another user handle"):
        authenticate(attempting(passkey)[0], passkey_token=token_of(passkey, user_handle=bytes(other.user_handle)))
    assert authenticate(attempting(other)[0], passkey_token=token_of(other)) == user


def test_a_uuid_handle_is_the_same_as_text_and_as_16_bytes(user):
    text = b"4d4cd4d4-6b0b-4f0e-9f3c-0d6d5a1c2b3a"
    raw = bytes.fromhex(text.decode().replace("-", ""))
    passkey = make_passkey(user, "AAED", raw)

    assert authenticate(attempting(passkey)[0], passkey_token=token_of(passkey, user_handle=text)) == user
    assert authenticate(attempting(passkey)[0], passkey_token=token_of(passkey)) == user


# Who verifies the token


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", None, "", tokens.LOGIN_TYPE.upper()])
@pytest.mark.parametrize("provider", ["", "hanko:4d4cd4d4-6b0b-4f0e-9f3c-0d6d5a1c2b3a"], ids=["embedded", "gone"])
def test_j13_a_token_of_another_type_goes_to_the_passkeys_provider_only(user, typ, provider):
    """It is signed with embedded's own key, so whoever tried that one after all would accept it."""
    passkey = make_passkey(user, "AAEC", b"handle", provider=provider)
    key = tokens._embedded_key(tokens.LOGIN_TYPE, "testserver")

    with pytest.raises(LoginFailed, match="typ" if provider == "" else "not in PASSKEY_PROVIDERS"):
        authenticate(attempting(passkey)[0], passkey_token=signed_for(passkey, typ=typ, key=key))


def test_an_embedded_token_is_good_for_a_passkey_of_any_provider(user):
    """A provider that did not begin the ceremony cannot finalize it: we do, and our token says so."""
    passkey = make_passkey(user, "AAEC", b"handle", provider="hanko:4d4cd4d4-6b0b-4f0e-9f3c-0d6d5a1c2b3a")

    assert authenticate(attempting(passkey)[0], passkey_token=token_of(passkey)) == user


# What finalize_login leaves on the request


def test_the_row_on_the_request_is_not_read_again(passkey, user, django_assert_num_queries):
    request, attempt = attempting(passkey)

    with django_assert_num_queries(0):
        assert authenticate(request, passkey_token=token_of(passkey)) is attempt.passkey.user


def test_j10_a_token_about_another_passkey_than_the_browsers_is_refused(passkey, user, other_user):
    others = make_passkey(user, "AAED", b"handle of ada"), make_passkey(other_user, "AAEE", b"handle of grace")

    for other in others:
        with pytest.raises(LoginFailed, match="another passkey"):
            authenticate(attempting(passkey)[0], passkey_token=token_of(other))


def test_j8_a_token_that_is_older_than_its_ceremony_is_refused(passkey):
    request, _attempt = attempting(passkey, began_at=time.time() + 32)

    with pytest.raises(LoginFailed, match="older than its ceremony"):
        authenticate(request, passkey_token=token_of(passkey))


def test_during_a_finalize_the_reason_is_left_to_it(passkey, sent, refusals_logged):
    request, attempt = attempting(passkey)

    with pytest.raises(LoginFailed, match="another user handle"):
        authenticate(request, passkey_token=token_of(passkey, user_handle=b"x"))

    assert not attempt.is_announced
    assert sent["user_login_failed"] == refusals_logged() == []


# Beside other backends


def test_d9_a_password_login_passes_by(user, passkey, refusals_logged):
    credentials = {get_user_model().USERNAME_FIELD: user.get_username(), "password": PASSWORD}

    assert authenticate(**credentials).backend == "django.contrib.auth.backends.ModelBackend"
    assert authenticate(**{**credentials, "password": "wrong"}) is None
    assert refusals_logged() == []


def test_d9_a_password_login_passes_by_where_there_are_only_passkeys(user, settings):
    settings.AUTHENTICATION_BACKENDS = [BACKEND]

    assert authenticate(**credentials_of(user)) is None


def test_d9_a_token_beside_a_password_is_nobodys(user, passkey):
    assert authenticate(**{**credentials_of(user), "password": "wrong"}, passkey_token=token_of(passkey)) is None


def test_d10_a_refused_token_is_signalled_once_and_hidden(passkey, sent):
    authenticate(passkey_token=token_of(passkey, user_handle=b"x"))

    [failed] = sent["user_login_failed"]
    assert set(failed["credentials"]) == {"passkey_token"}
    assert set(failed["credentials"]["passkey_token"]) == {"*"}


def test_d8_the_backend_keeps_a_session_and_its_permissions(registered, user):
    registered.login()
    request = RequestFactory().get("/")
    request.session = registered.client.session

    signed_in = get_user(request)

    assert signed_in == user
    assert registered.client.session["_auth_user_backend"] == BACKEND
    assert PasskeyBackend().get_user(user.pk) == user
    assert PasskeyBackend().get_all_permissions(user) == set()
    assert signed_in.has_perm("passkeys_django.view_passkey") is False


def test_d7_a_session_ends_when_its_user_becomes_inactive(registered, user, deactivate):
    registered.login()
    deactivate(user)

    assert registered.client.get("/passkeys/").status_code == 302


# The rules of the site's other backends


class Bans(ModelBackend):
    """A backend as sites write them: people who are banned may not log in."""

    banned: ClassVar = []

    def user_can_authenticate(self, user):
        return super().user_can_authenticate(user) and user.pk not in self.banned


class HidesBanned(BaseBackend):
    """The same for a backend that is not Django's."""

    def get_user(self, user_id):
        return None if user_id in Bans.banned else get_user_model().objects.get(pk=user_id)


class CountsFailures(ModelBackend):
    """Like the backend of django-axes, which logs nobody in."""

    def authenticate(self, request, **credentials):
        return None


class OwnRule(PasskeyBackend):
    def user_can_authenticate(self, user):
        return True


def here(*backends):
    return [f"{__name__}.{backend.__name__}" for backend in backends]


@pytest.fixture
def banned(registered, user, monkeypatch):
    """Somebody with a passkey, who is banned."""
    monkeypatch.setattr(Bans, "banned", [user.pk])
    return registered


@pytest.mark.parametrize(
    "others",
    [here(Bans), here(HidesBanned), here(CountsFailures, Bans), here(Bans, HidesBanned)],
    ids=["a rule", "a backend of another kind", "beside one without a rule", "two rules"],
)
def test_u2_a_rule_of_the_sites_own_backend_holds_for_passkeys(banned, settings, others):
    settings.AUTHENTICATION_BACKENDS = [*others, BACKEND]
    assert banned.login().status_code == 403

    Bans.banned.clear()
    assert banned.login().status_code == 200


def test_u2_a_ban_ends_a_session_that_began_with_a_passkey(registered, user, settings, monkeypatch):
    settings.AUTHENTICATION_BACKENDS = [*here(Bans), BACKEND]
    registered.login()
    assert registered.client.get("/passkeys/").status_code == 200

    monkeypatch.setattr(Bans, "banned", [user.pk])

    assert registered.client.get("/passkeys/").status_code == 302
    assert async_to_sync(PasskeyBackend().aget_user)(user.pk) is None
    monkeypatch.setattr(Bans, "banned", [])
    assert async_to_sync(PasskeyBackend().aget_user)(user.pk) == user


def test_u2_whom_one_backend_lets_in_by_password_comes_in_by_passkey(banned, settings):
    settings.AUTHENTICATION_BACKENDS = [*here(Bans), "django.contrib.auth.backends.ModelBackend", BACKEND]

    assert banned.login().status_code == 200


def test_u2_a_passkey_backend_with_a_rule_decides_alone(banned, settings):
    settings.AUTHENTICATION_BACKENDS = here(Bans, OwnRule)

    assert banned.login().status_code == 200


def test_the_usual_backends_cost_no_query(registered, django_assert_num_queries, settings):
    settings.AUTHENTICATION_BACKENDS = [
        *here(CountsFailures),
        "django.contrib.auth.backends.ModelBackend",
        BACKEND,
    ]
    user = registered.login().wsgi_request.user
    with django_assert_num_queries(0):
        assert may_log_in(PasskeyBackend(), user)
