"""The e-mails about links: who gets them, what they say, and how they cancel."""

import pytest
from django.core import mail
from django.test import Client

from passkeys_django import enrolment as room
from passkeys_django.models import EventKind, PasskeyEvent, UserHandle
from tests.conftest import Browser, make_user
from tests.enrolment.holder import CANCEL, Holder, cancel_links, holder_of, mailed_links, new_link, settled

OLD, NEW = "old@example.com", "new@example.com"


@pytest.fixture(autouse=True)
def _committed(django_capture_on_commit_callbacks, db):
    """As after a commit: e-mails are sent only then."""
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        yield callbacks


@pytest.fixture
def sent(django_capture_on_commit_callbacks):
    """A function that does something, and gives the e-mails that this has caused, by address."""

    def of(action):
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            action()
        return {address: message for message in mail.outbox for address in message.to}

    return of


@pytest.fixture
def moved(db):
    """Somebody whose address has changed since the last strong login."""
    user = make_user()
    user.email = NEW
    user.save()
    handle = UserHandle.objects.for_user(user)
    UserHandle.objects.filter(pk=handle.pk).update(strong_address=OLD)
    return user


def test_g2_each_new_link_is_told_at_both_addresses(moved, sent):
    mails = sent(lambda: new_link(moved, reason="device"))

    assert set(mails) == {OLD, NEW}
    for message in mails.values():
        assert "A link was made" in message.body
        assert "another device" in message.body
        assert message.alternatives[0].mimetype == "text/html"


def test_g2_each_use_is_told_at_both_addresses_in_one_mail_each(moved, sent):
    holder = holder_of(moved)
    mails = sent(holder.enrol)

    assert set(mails) == {OLD, NEW}
    assert len(mail.outbox) == 2
    assert all("by somebody who had a link for it" in message.body for message in mails.values())
    assert all("/passkeys/" in message.body for message in mails.values())


def test_an_address_that_did_not_change_gets_one_mail(moved, sent):
    UserHandle.objects.filter(user=moved).update(strong_address=NEW.upper())
    assert len(sent(lambda: new_link(moved))) == 1


def test_an_account_without_an_address_gets_none(db, sent):
    user = make_user("nobody")
    if user.get_email_field_name() == user.USERNAME_FIELD:
        pytest.skip("everybody has an address here")
    assert sent(lambda: new_link(user)) == {}


def test_the_caller_who_mails_the_link_tells_of_it(moved, sent):
    assert set(sent(lambda: new_link(moved, mailed_to=OLD))) == {NEW}


def test_notifications_can_be_switched_off(moved, sent, settings):
    settings.PASSKEY_NOTIFICATIONS = False
    assert sent(lambda: new_link(moved)) == {}


def test_g2_the_notice_leads_to_a_page_that_cancels_and_holds_no_link_that_enrols(moved, sent):
    made = []
    sent(lambda: made.append(new_link(moved)))
    [(enrolment, secret)] = made

    assert mailed_links() == []
    assert all(secret not in message.body + message.alternatives[0].content for message in mail.outbox)
    [link] = set(cancel_links())
    assert link.startswith("https://testserver/passkeys/enrol/cancel/")
    assert Client().get(link.removeprefix("https://testserver")).status_code == 200
    assert settled(enrolment).cancelled_at is None
    Client().post(link.removeprefix("https://testserver"))
    assert settled(enrolment).cancelled_at is not None


def test_a_subject_holds_no_text_of_a_user(moved, sent):
    for action in (lambda: new_link(moved), holder_of(moved).enrol):
        for message in sent(action).values():
            assert message.subject.startswith("Test server: ")
            assert moved.get_username() not in message.subject


def test_g2_a_forged_host_does_not_get_into_the_notice(moved, sent, settings, rf):
    settings.ALLOWED_HOSTS = ["*"]
    request = rf.get("/", headers={"host": "evil.example"})
    mails = sent(lambda: new_link(moved, request=request))
    assert mails
    assert all("evil.example" not in message.body for message in mails.values())


def test_a_mail_server_that_is_down_stops_nobody(moved, sent, monkeypatch, caplog):
    def fail(*_args, **_kwargs):
        raise OSError("refused")

    monkeypatch.setattr("passkeys_django.receivers.enrolment_notices.send_mail", fail)
    assert sent(lambda: new_link(moved)) == {}
    assert "Cannot send the e-mail about enrolment" in caplog.text
    assert NEW not in caplog.text


def test_the_history_tells_of_each_step(moved):
    _enrolment, secret = new_link(moved, reason="code")
    Holder().open(secret).enrol()
    cancelled, _secret = new_link(moved)
    room.cancel(cancelled)

    events = PasskeyEvent.objects.order_by("pk").values_list("kind", "code", "user", "passkey")
    assert [event for event in events if event[0] != EventKind.REGISTERED] == [
        (EventKind.ENROLMENT_CREATED, "code", moved.pk, None),
        (EventKind.ENROLMENT_USED, "code", moved.pk, None),
        (EventKind.ENROLMENT_CREATED, "invitation", moved.pk, None),
        (EventKind.ENROLMENT_CANCELLED, "invitation", moved.pk, None),
    ]


def test_the_history_names_somebody_else_who_acted(moved, other_user):
    enrolment, _secret = new_link(moved)
    other = Browser().sign_in(other_user).client
    other.post(f"/passkeys/enrol/cancel/{enrolment.cancel_token}/")

    assert PasskeyEvent.objects.get(kind=EventKind.ENROLMENT_CANCELLED).actor == other_user


def test_a_mail_of_a_site_without_our_pages_has_no_dead_link(moved, sent, settings):
    settings.PASSKEY_ORIGINS = ["android:apk-key-hash:abc"]
    mails = sent(lambda: new_link(moved))
    assert mails
    assert not any(CANCEL.search(message.body) for message in mails.values())
