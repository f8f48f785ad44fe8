"""People with recovery codes, and what happens to the e-mails of a recovery."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from passkeys_django.models import Enrolment, Passkey, UserHandle
from tests.conftest import PASSWORD, Browser, credentials_of, make_user

CODES = "/passkeys/recovery-codes/"
RECOVER = "/passkeys/recover/"
JSON = {"content_type": "application/json", "headers": {"Accept": "application/json"}}
LINK = re.compile(r"https://testserver/passkeys/enrol/([A-Za-z0-9_-]{43})/")
CANCEL = re.compile(r"https://testserver(/passkeys/enrol/cancel/\S+/)")


def make_codes(browser):
    """The codes that the page makes, as a script gets them."""
    response = browser.client.post(CODES, **JSON)
    assert response.status_code == 201, response.content
    return response.json()["codes"]


def recover(user_name, code, password=PASSWORD, *, client=None, **more):
    """What the page answers to a script."""
    body = {"username": user_name, "code": code, "password": password} | more
    return (client or Client()).post(RECOVER, body, **JSON)


def ask_by_email(browser):
    """What the page answers to somebody who is signed in and asks for a link."""
    return browser.client.post(RECOVER, {"by_email": True}, **JSON)


def links_in(outbox, to=None):
    """The secrets of all links that were mailed, the oldest first."""
    mails = [mail for mail in outbox if to is None or mail.to == [to]]
    return [secret for mail in mails for secret in LINK.findall(mail.body)]


def enrol(secret=None, *, client=None):
    """A browser that opens the link, or already has its cookie, and creates a passkey. Also the last response."""
    visitor = Browser(client)
    if secret:
        visitor.client.get(f"/passkeys/enrol/{secret}/")
    started = visitor.post("start-enrolment", {})
    if started.status_code != 200:
        return visitor, started
    return visitor, visitor.post("finalize-enrolment", visitor.authenticator.create(started.json()))


def time_passes(**how_much):
    """Move what is stored into the past, which is the same as waiting."""
    gone = timedelta(**how_much)
    for row in Enrolment.objects.all():
        for name in ("created_at", "not_before", "expires_at", "used_at", "cancelled_at"):
            if getattr(row, name) is not None:
                setattr(row, name, getattr(row, name) - gone)
        row.save()
    for passkey in Passkey.objects.all():
        used = passkey.last_used_at and passkey.last_used_at - gone
        Passkey.objects.filter(pk=passkey.pk).update(created_at=passkey.created_at - gone, last_used_at=used)
    for handle in UserHandle.objects.exclude(recovered_at=None):
        UserHandle.objects.filter(pk=handle.pk).update(recovered_at=handle.recovered_at - gone)


def grow_old(client, seconds):
    """The session's last login happened so many seconds ago."""
    session = client.session
    session["_passkeys_authentication"] = {
        **session["_passkeys_authentication"],
        "at": session["_passkeys_authentication"]["at"] - seconds,
    }
    session.save()


def password_session(user):
    """A thief's browser, in which the right password was just used."""
    browser = Browser()
    assert browser.client.login(**credentials_of(user))
    return browser


@pytest.fixture(autouse=True)
def _mails_are_sent_at_once(monkeypatch):
    """Tests run in a transaction that is never committed."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda work, using=None: work())


def make_person(name="ada", **fields):
    """Somebody with an e-mail address, whatever the user model."""
    is_named_by_address = get_user_model().USERNAME_FIELD == "email"
    return make_user(name, **({} if is_named_by_address else {"email": f"{name}@example.com"}), **fields)


@pytest.fixture
def user(db):
    return make_person()


@pytest.fixture
def long_registered(registered, user):
    """The owner's browser with a passkey of last year; signed out."""
    past = timezone.now() - timedelta(days=365)
    Passkey.objects.update(created_at=past)
    return registered


@pytest.fixture
def strong(long_registered):
    """The owner's browser, signed in with that passkey."""
    assert long_registered.login().status_code == 200
    return long_registered
