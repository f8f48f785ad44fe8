"""Thieves who have one thing of somebody's, and try all doors with it."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client
from django.utils import timezone

from passkeys_django.enrolment import open_enrolments
from passkeys_django.models import Passkey, RecoveryCode
from tests.conftest import PASSWORD, Browser, credentials_of
from tests.policy.conftest import BACKENDS, MIDDLEWARE, REFUSED, REQUIRED, SECOND_STEP
from tests.recovery.conftest import CODES, JSON, RECOVER, make_person, time_passes

POLICIES = {"no policy": None, "second-step": SECOND_STEP, "required": REQUIRED, "refused": REFUSED}
EVES = "eve@evil.example"
DOORS = ["/accounts/login/", "/own-login/", "/plain-login/", "/admin/login/"]
RESET = re.compile(r"https?://[^/]+(/accounts/reset/\S+)")


def guard(settings, policy):
    """The site has our middleware, and this policy from now on."""
    settings.ROOT_URLCONF = "tests.security.takeover.urls"
    ours = "passkeys_django.middleware.RemovedPasskeyMiddleware"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, ours, MIDDLEWARE]
    settings.AUTHENTICATION_BACKENDS = BACKENDS
    if policy is not None:
        settings.PASSKEY_POLICY = policy


def guard_by_middleware(settings, policy):
    """The same, but the site has Django's ModelBackend: it logs in whom the middleware then parks."""
    guard(settings, policy)
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", BACKENDS[1]]


@pytest.fixture(autouse=True)
def _mails_are_sent_at_once(monkeypatch):
    """Tests run in a transaction that is never committed."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda work, using=None: work())


@pytest.fixture
def user(db):
    return make_person()


@pytest.fixture
def owner(registered):
    """The owner's browser: a passkey of last year, used an hour ago; nobody is signed in."""
    Passkey.objects.update(created_at=timezone.now() - timedelta(days=365))
    assert registered.login().status_code == 200
    registered.client.logout()
    time_passes(hours=1)
    mail.outbox.clear()
    return registered


@pytest.fixture(params=POLICIES.values(), ids=POLICIES)
def site(request, owner, settings):
    """The owner's browser at the site, under each policy."""
    guard(settings, request.param)
    return owner.other_browser()  # the test client of before keeps the middleware of before


def enter(user, *, door="/accounts/login/", password=PASSWORD):
    """A thief's browser that has sent the password to this page. What became of it is another question."""
    client = Client()
    client.post(door, credentials_of(user) | {"password": password})
    return client


def request_reset(user):
    """The thief asks for Django's password reset and reads the mailbox. Sets a password, and may be signed in."""
    client = Client()
    if "is_active" not in {field.name for field in user._meta.get_fields()}:
        pytest.skip("Django's password reset looks for a field is_active, which this user model has not")
    client.post("/accounts/password_reset/", {"email": address_of(user)})
    [link] = RESET.findall(mail.outbox[-1].body)
    form = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(form, {"new_password1": "the thief's own word", "new_password2": "the thief's own word"})
    assert get_user_model().objects.get(pk=user.pk).check_password("the thief's own word")
    return client


def address_of(user):
    user.refresh_from_db()
    return getattr(user, user.get_email_field_name())


def change_address(client, address=EVES):
    client.post("/change-address/", {"address": address})


def try_all_doors(client, password=PASSWORD):
    """Whatever may bind something of the thief's to the account, or take something of the owner's away."""
    for _attempt in range(2):
        _create(client, "registration", None)
        _create(client, "registration", {"kind": "security-key"})
        _create(client, "enrolment", None)
        client.post(CODES, **JSON)
        client.post("/passkeys/add-device/")
        for passkey in Passkey.objects.all():
            client.post(f"/passkeys/{passkey.pk}/remove/", {"confirmed": "1"})
            client.post(f"/admin/passkeys_django/passkey/{passkey.pk}/delete/", {"post": "yes"})
            client.post(f"/admin/passkeys_django/passkey/users/{passkey.user_id}/revoke/")
            client.post(f"/admin/passkeys_django/passkey/users/{passkey.user_id}/invite/")
        client.post("/passkeys/confirm/", {"password": password})  # and once more with what that gives


def _create(client, what, body):
    """A credential of the thief's own, for options of whatever account."""
    browser = Browser(client)
    started = browser.post(f"start-{what}", body)
    options = started.json() if started.status_code == 200 else SOME_OPTIONS
    browser.post(f"finalize-{what}", browser.authenticator.create(options))


SOME_OPTIONS = {
    "publicKey": {
        "challenge": "AAAA" * 8,
        "rp": {"id": "testserver", "name": "x"},
        "user": {"id": "AAAA", "name": "x", "displayName": "x"},
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
    }
}


def ask_for_link(client, **more):
    """The thief asks for a recovery by e-mail in a session, or for a name."""
    return client.post(RECOVER, {"by_email": True} | more, **JSON)


def assert_unharmed(user, passkeys=1):
    """The account has the owner's passkeys, no codes, and no link that works now."""
    assert Passkey.objects.filter(user_id=user.pk).count() == passkeys
    assert not RecoveryCode.objects.filter(user_id=user.pk).exists()
    user = get_user_model().objects.get(pk=user.pk)
    assert [each for each in open_enrolments(user) if each.not_before <= timezone.now()] == []


def assert_owner_gets_in(owner, user):
    response = owner.login()
    assert response.status_code == 200, response.content
    assert owner.user_id == str(user.pk)
