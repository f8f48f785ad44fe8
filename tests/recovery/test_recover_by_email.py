"""`recover/` by e-mail: a mailbox and a password are one factor, so the link works late and can be cancelled."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core import mail
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone

from passkeys_django.models import Enrolment, EnrolmentReason, Passkey, UserHandle
from passkeys_django.sessions.second_step import issue_token
from tests.conftest import PASSWORD, Browser, refusal
from tests.recovery.conftest import (
    CANCEL,
    JSON,
    RECOVER,
    ask_by_email,
    enrol,
    grow_old,
    links_in,
    make_person,
    password_session,
    time_passes,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(strong, user):
    """The account of somebody who used their passkey an hour ago; the address of that login is known."""
    strong.client.logout()
    time_passes(hours=1)
    mail.outbox.clear()
    return user


@pytest.fixture
def open_to_strangers(settings):
    settings.PASSKEY_RECOVERY_BY_EMAIL = True


def address_of(user):
    return getattr(user, user.get_email_field_name())


def stranger_asks(name, client=None):
    return (client or Client()).post(RECOVER, {"by_email": True, "username": name}, **JSON)


def cancel_link_in(message):
    return CANCEL.search(message.body)[1]


def test_somebody_who_is_signed_in_gets_a_link_that_works_a_day_later(account):
    response = ask_by_email(password_session(account))
    assert response.status_code == 202
    enrolment = Enrolment.objects.get()
    assert enrolment.reason == EnrolmentReason.EMAIL
    assert response.json() == {"sent": True, "valid_from": enrolment.not_before.isoformat()}
    assert abs(enrolment.not_before - timezone.now() - timedelta(days=1)) < timedelta(minutes=1)
    assert enrolment.expires_at - enrolment.not_before == timedelta(days=1)
    (message,) = mail.outbox
    assert message.to == [address_of(account)]
    (secret,) = links_in([message])
    _visitor, early = enrol(secret)
    assert refusal(early) == (403, "enrolment_not_yet")
    time_passes(hours=24, minutes=1)
    visitor, response = enrol(secret)
    assert response.status_code == 201
    assert visitor.user_id == str(account.pk)


def test_the_page_says_what_happens_next(account):
    browser = password_session(account)
    assert "The link works after 24 hours" in browser.client.get(RECOVER).content.decode()
    page = browser.client.post(RECOVER, {"by_email": "1"}).content.decode()
    assert "The link works from" in page
    assert "Until then, the e-mail can cancel the link" in page
    assert ">Sign in</a>" not in page  # they are signed in


@pytest.mark.usefixtures("open_to_strangers")
def test_a_stranger_finds_a_way_to_the_login_page_before_and_after(account):
    client = Client()
    assert ">Sign in</a>" in client.get(RECOVER).content.decode()
    page = client.post(RECOVER, {"by_email": "1", "username": account.get_username()}).content.decode()
    assert "look into your spam folder" in page
    assert ">Sign in</a>" in page


def test_g4_only_a_stolen_session_gets_no_link(account):
    thief = password_session(account)
    grow_old(thief.client, 3600)
    assert refusal(ask_by_email(thief)) == (403, "reauthentication_required")
    response = thief.client.post(RECOVER, {"by_email": "1"})
    assert response.status_code == 302
    assert "/passkeys/confirm/" in response["Location"]
    assert "method=" not in response["Location"]
    assert mail.outbox == []


def test_nobody_gets_a_link_without_signing_in_unless_the_site_allows_it(account):
    assert refusal(stranger_asks(account.get_username())) == (401, "not_authenticated")
    assert Client().post(RECOVER, {"by_email": "1", "username": "ada"}).status_code == 302
    assert mail.outbox == []


def test_the_second_request_has_the_times_of_the_first(account):
    ask_by_email(password_session(account))
    time_passes(hours=23)
    ask_by_email(password_session(account))
    first, second = Enrolment.objects.order_by("created_at")
    assert (first.not_before, first.expires_at) == (second.not_before, second.expires_at)
    time_passes(hours=2)
    _visitor, response = enrol(links_in(mail.outbox)[1])
    assert response.status_code == 201


def test_g4_a_link_is_not_kept_open_by_asking_again(account):
    """After its day, a new request waits for a day again."""
    ask_by_email(password_session(account))
    time_passes(hours=47)
    ask_by_email(password_session(account))
    time_passes(hours=2)
    ask_by_email(password_session(account))
    for secret in links_in(mail.outbox):
        _visitor, response = enrol(secret)
        assert response.status_code == 403


# Where it is sent


def test_g4_the_link_goes_to_the_address_of_the_last_strong_login(account):
    """Somebody with the password has changed the address in a view of the site."""
    old = address_of(account)
    setattr(account, account.get_email_field_name(), "thief@example.com")
    account.save()
    ask_by_email(password_session(account))
    assert {message.to[0] for message in mail.outbox} == {old, "thief@example.com"}
    assert len(links_in(mail.outbox, old)) == 1
    assert links_in(mail.outbox, "thief@example.com") == []
    for message in mail.outbox:
        assert CANCEL.search(message.body)


def test_without_a_strong_login_it_goes_to_the_accounts_address(user):
    ask_by_email(password_session(user))
    assert len(links_in(mail.outbox, address_of(user))) == 1


@pytest.mark.parametrize("flag", ["is_staff", "is_superuser"])
def test_g4_staff_without_a_strong_login_get_no_link(user, flag):
    """A help desk that may change users could have entered an address of its own."""
    setattr(user, flag, True)
    user.save()
    assert refusal(ask_by_email(password_session(user)))[1] == "recovery_failed"
    assert mail.outbox == []

    UserHandle.objects.for_user(user)
    UserHandle.objects.update(strong_address="owner@example.com")
    ask_by_email(password_session(user))
    assert Enrolment.objects.get().user == user


def test_an_account_without_an_address_hears_what_to_do(user):
    setattr(user, user.get_email_field_name(), "")
    if user.get_email_field_name() == user.USERNAME_FIELD:
        pytest.skip("every account has an address")
    user.save()
    response = ask_by_email(password_session(user))
    assert refusal(response) == (403, "recovery_failed")
    assert "Use a recovery code, or ask the people who run this site" in response.json()["detail"]


# What ends it


def test_g4_a_passkey_used_meanwhile_ends_it(account, strong):
    ask_by_email(password_session(account))
    assert strong.login().status_code == 200
    time_passes(hours=25)
    _visitor, response = enrol(links_in(mail.outbox)[0])
    assert refusal(response) == (403, "enrolment_invalid")


def test_g4_a_new_password_ends_it(account):
    ask_by_email(password_session(account))
    account.set_password("another one of the mailbox")
    account.save()
    time_passes(hours=25)
    _visitor, response = enrol(links_in(mail.outbox)[0])
    assert refusal(response) == (403, "enrolment_invalid")


def test_g4_cancelling_one_link_cancels_all_and_nothing_is_sent_for_a_week(account):
    for _ in range(2):
        ask_by_email(password_session(account))
    secrets = links_in(mail.outbox)
    Client().post(cancel_link_in(mail.outbox[0]))
    time_passes(hours=25)
    for secret in secrets:
        _visitor, response = enrol(secret)
        assert refusal(response) == (403, "enrolment_invalid")
    mail.outbox.clear()
    response = ask_by_email(password_session(account))
    assert refusal(response) == (403, "recovery_failed")
    assert "no new one is sent before" in response.json()["detail"]
    assert response.json()["valid_from"] > timezone.now().isoformat()
    assert mail.outbox == []
    time_passes(days=6)
    assert ask_by_email(password_session(account)).status_code == 202


def test_people_without_a_script_hear_of_the_week_on_the_page(account):
    ask_by_email(password_session(account))
    Client().post(cancel_link_in(mail.outbox[0]))
    page = password_session(account).client.post(RECOVER, {"by_email": "1"}, follow=True).content.decode()
    assert "no new one is sent before" in page


def test_g4_a_deactivated_account_gets_no_link(account, deactivate):
    browser = password_session(account)
    deactivate(account)
    assert ask_by_email(browser).status_code in (401, 403)
    assert mail.outbox == []


# Bounds


def test_g4_three_mails_a_day(account, settings):
    settings.PASSKEY_RATE_LIMITS = {}
    browser = password_session(account)
    answers = [ask_by_email(browser).status_code for _ in range(4)]
    assert answers == [202, 202, 202, 429]
    assert len(mail.outbox) == Enrolment.objects.count() == 3


@pytest.mark.usefixtures("open_to_strangers")
def test_g4_strangers_cause_three_mails_a_day_and_leave_the_owners_limit_alone(account, settings):
    settings.PASSKEY_RATE_LIMITS = {"recover": None}
    for number in range(6):
        assert stranger_asks(account.get_username(), Client(REMOTE_ADDR=f"192.0.2.{number}")).status_code == 202
    assert len(mail.outbox) == Enrolment.objects.count() == 3
    assert ask_by_email(password_session(account)).status_code == 202


@pytest.mark.usefixtures("open_to_strangers")
def test_strangers_are_limited_for_each_address(account, settings):
    settings.PASSKEY_RATE_LIMITS = {"recover": "2/m"}
    answers = [stranger_asks(f"name{number}").status_code for number in range(3)]
    assert answers == [202, 202, 429]


# Without signing in


@pytest.mark.usefixtures("open_to_strangers")
@pytest.mark.parametrize("spelled", [str, str.upper, lambda name: f"  {name} "])
def test_a_site_may_send_links_to_people_who_are_not_signed_in(account, spelled):
    for name in {account.get_username(), address_of(account)}:
        assert stranger_asks(spelled(name)).json() == {"sent": True}
        assert len(links_in(mail.outbox, address_of(account))) == 1
        mail.outbox.clear()


@pytest.mark.usefixtures("open_to_strangers")
def test_g4_strangers_learn_nothing(account, deactivate, settings):
    settings.PASSKEY_RATE_LIMITS = None
    without_address = get_user_model()(**{get_user_model().USERNAME_FIELD: "silent"})
    without_address.set_unusable_password()
    without_address.save()
    cancelled = make_person("cancelled")
    Enrolment.objects.create(
        user=cancelled,
        reason=EnrolmentReason.EMAIL,
        secret_sha256="0" * 64,
        cancelled_at=timezone.now(),
        expires_at=timezone.now(),
        account_state="",
    )
    names = [account.get_username(), "nobody-has-this-name", "silent", cancelled.get_username(), "x" * 100]
    answers = {before_close(name) for name in names}
    assert answers == {(202, b'{"sent": true}', 0, 0)}
    pages = [Client().post(RECOVER, {"by_email": "1", "username": name}) for name in names]
    assert len({(page.status_code, page.content) for page in pages}) == 1
    assert links_in(mail.outbox, address_of(account))


def before_close(name):
    """Status, body, SQL statements and e-mails until the response has gone out, before the server closes it."""
    request = RequestFactory().post(RECOVER, {"by_email": "1", "username": name}, headers=JSON["headers"])
    request._dont_enforce_csrf_checks = True
    request.session, request.user = SessionStore(), AnonymousUser()
    with CaptureQueriesContext(connection) as queries:
        response = resolve(RECOVER).func(request)
    return response.status_code, bytes(response.content), len(queries), len(mail.outbox)


@pytest.mark.usefixtures("open_to_strangers")
def test_g4_the_work_is_done_after_the_response_has_gone_out(account):
    assert before_close(account.get_username())[2:] == (0, 0)


@pytest.mark.usefixtures("open_to_strangers")
def test_a_mail_server_that_is_down_is_only_logged(account, monkeypatch, caplog):
    def down(*_args, **_kwargs):
        raise OSError("ada@example.com refused")

    monkeypatch.setattr("passkeys_django.enrolment.mails.send_mail", down)
    assert stranger_asks(account.get_username()).status_code == 202
    assert "OSError" in caplog.text
    assert "refused" not in caplog.text


@pytest.mark.usefixtures("open_to_strangers")
def test_an_error_after_the_response_is_logged(account, monkeypatch, caplog):
    def broken(*_args):
        raise RuntimeError("secret")

    monkeypatch.setattr("passkeys_django.recovery.by_email._find_user", broken)
    assert stranger_asks(account.get_username()).status_code == 202
    assert "Work after a response failed: RuntimeError" in caplog.text


@pytest.mark.usefixtures("open_to_strangers")
@pytest.mark.parametrize("name", ["\x00", "", "a" * 400, None, [], "\ud800"])
def test_a_name_of_any_kind_is_refused_politely(name):
    assert stranger_asks(name).status_code in (202, 400)


@pytest.mark.usefixtures("open_to_strangers")
def test_the_mail_goes_to_the_stored_address_and_to_no_look_alike(account):
    typed = address_of(account).replace("@", "＠")  # noqa: RUF001
    stranger_asks(typed)
    assert {message.to[0] for message in mail.outbox} <= {address_of(account)}


@pytest.mark.usefixtures("open_to_strangers")
def test_g4_the_host_header_is_not_in_links(account):
    client = Client(headers={"Host": "testserver"})
    client.post(RECOVER, {"by_email": True, "username": account.get_username()}, **JSON)
    assert re.findall(r"https?://[^/\s]+", mail.outbox[0].body) == ["https://testserver"] * 2


# Others who have shown their password


def test_somebody_whose_second_step_is_due_gets_a_link(account, settings):
    settings.PASSKEY_POLICY = {"everybody": {"password": "second-step"}}
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "passkeys_django.middleware.PasskeyPolicyMiddleware"]
    browser = password_session(account)
    assert browser.client.get("/passkeys/", headers={"Accept": "application/json"}).status_code in (401, 403)
    assert ask_by_email(browser).status_code == 202
    assert len(links_in(mail.outbox, address_of(account))) == 1


def test_somebody_with_the_token_of_a_second_step_gets_a_link(account, rf):
    client = Client()
    request = rf.get("/")
    request.session = client.session
    account.backend = "django.contrib.auth.backends.ModelBackend"
    token = issue_token(request, account)
    client.cookies["passkeys_browser"] = vars(request)["_passkeys_browser"]
    response = client.post(RECOVER, {"by_email": True, "token": token}, **JSON)
    assert response.status_code == 202
    assert len(links_in(mail.outbox)) == 1
    page = client.post(RECOVER, {"token": token}).content.decode()
    assert f"Account: {account.get_username()}" in page
    assert token in page
    elsewhere = Client().post(RECOVER, {"by_email": True, "token": token}, **JSON)
    assert refusal(elsewhere) == (400, "ceremony_not_found")


def test_somebody_who_acts_as_another_gets_no_link(superuser, account):
    session = superuser.session
    session["hijack_history"] = ["999999"]
    session.save()
    assert refusal(superuser.post(RECOVER, {"by_email": True}, **JSON)) == (403, "acting_as_another")


def test_the_second_round_of_the_login_form_leads_here(account, settings):
    settings.ROOT_URLCONF = "tests.second_step.urls"
    settings.PASSKEY_POLICY = {"everybody": {"password": "second-step"}}
    client = Client()
    sent = {"username": account.get_username(), "password": PASSWORD}
    page = client.post("/login/", sent).content.decode()
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    assert 'action="/passkeys/recover/"' in page
    assert "Account:" in client.post(RECOVER, {"token": token}).content.decode()
    assert "The link works from" in client.post(RECOVER, {"token": token, "by_email": "1"}).content.decode()
    assert len(links_in(mail.outbox)) == 1
    assert client.get(RECOVER, headers={"Accept": "application/json"}).status_code == 200


@pytest.mark.parametrize("token", ["x", "a:b:c", "\x00", "x" * 3000])
def test_a_bad_token_is_refused(token, db):
    for more in ({}, {"by_email": True}):
        assert refusal(Client().post(RECOVER, {"token": token, **more}, **JSON)) == (400, "ceremony_not_found")


# Whole attacks


def test_g4_the_mailbox_alone_fails_for_a_day_and_the_owner_can_stop_it(account):
    """The thief resets the password by e-mail, signs in with it, and asks for a link."""
    account.set_password("set by the password reset")
    account.save()
    thief = Browser()
    assert thief.client.login(username=account.get_username(), password="set by the password reset")
    assert ask_by_email(thief).status_code == 202
    (secret,) = links_in(mail.outbox)
    assert refusal(enrol(secret)[1]) == (403, "enrolment_not_yet")
    assert refusal(thief.post("start-registration", {})) == (403, "reauthentication_required")
    time_passes(hours=23)
    assert refusal(enrol(secret)[1]) == (403, "enrolment_not_yet")
    Client().post(cancel_link_in(mail.outbox[0]))
    time_passes(hours=2)
    assert refusal(enrol(secret)[1]) == (403, "enrolment_invalid")
    assert Passkey.objects.of(account).count() == 1


def test_g4_a_clock_that_is_ahead_gives_a_link_that_works_later(account, monkeypatch):
    real = timezone.now
    with monkeypatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: real() + timedelta(hours=5))
        ask_by_email(password_session(account))
    time_passes(hours=25)
    assert refusal(enrol(links_in(mail.outbox)[0])[1]) == (403, "enrolment_not_yet")


def test_g4_links_outlive_a_new_secret_key_with_a_fallback(account, settings):
    ask_by_email(password_session(account))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-" * 5
    time_passes(hours=25)
    assert enrol(links_in(mail.outbox)[0])[1].status_code == 201


def test_the_delay_is_the_sites(account, settings):
    settings.PASSKEY_RECOVERY_DELAY = 3600
    browser = password_session(account)
    assert "after 1 hour," in browser.client.get(RECOVER).content.decode()
    ask_by_email(browser)
    time_passes(minutes=61)
    assert enrol(links_in(mail.outbox)[0])[1].status_code == 201


def test_the_handle_of_somebody_who_had_none_is_not_made_by_strangers(user, open_to_strangers):
    assert not UserHandle.objects.exists()
    stranger_asks(user.get_username())
    assert not UserHandle.objects.exists()
