"""R20: people end their other sessions, and staff end all sessions of somebody."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import async_to_sync
from django.core import mail
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from passkeys_django.models import EventKind, PasskeyEvent, UserHandle
from passkeys_django.policy import Due
from passkeys_django.policy.parking import PARKED, park
from passkeys_django.sessions import end_all_sessions, end_other_sessions
from passkeys_django.sessions.ending import OPENED
from passkeys_django.sessions.impersonation import AUTHENTICATION
from tests.conftest import Browser, credentials_of, make_user, moved_clock, refusal
from tests.sessions.test_sessions import request_of

pytestmark = pytest.mark.django_db
MIDDLEWARE = "passkeys_django.middleware.RemovedPasskeyMiddleware"
END = "/passkeys/end-sessions/"
LIST = "/passkeys/"
AS_JSON = {"Accept": "application/json"}
STORES = ["db", "cache", "signed_cookies"]


@pytest.fixture(autouse=True)
def guarded(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]


@pytest.fixture(params=STORES)
def store(request, settings):
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{request.param}"
    if request.param == "signed_cookies":
        settings.SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"


def is_signed_in(browser):
    return browser.client.get(LIST).status_code == 200


def sign_in_ago(user, seconds):
    with moved_clock(-seconds):
        return Browser().sign_in(user)


def test_r20_the_page_asks_and_the_button_ends_all_other_sessions_and_no_own_one(store, user):
    thief, owner = sign_in_ago(user, 60), Browser().sign_in(user)
    assert f'href="{END}"' in owner.client.get(LIST).content.decode()
    assert "Sign out everywhere else?" in owner.client.get(END).content.decode()
    assert is_signed_in(thief)  # a GET ends nothing

    response = owner.client.post(END, follow=True)

    assert "You are now signed out everywhere else." in response.content.decode()
    assert is_signed_in(owner)
    assert thief.client.get(LIST)["Location"] == "/accounts/login/?next=/passkeys/"
    assert thief.user_id is None


def test_r20_the_own_session_gets_a_new_key_and_its_last_login_stays_as_old_as_it_was(user):
    owner = sign_in_ago(user, 100)
    key, record = owner.client.session.session_key, owner.client.session[AUTHENTICATION]

    assert owner.client.post(END).status_code == 302

    assert owner.client.session.session_key != key
    assert owner.client.session[AUTHENTICATION] == record


def test_r20_a_copy_of_the_own_cookie_from_before_ends_too(store, user):
    owner = sign_in_ago(user, 60)
    copy = Browser()
    copy.client.cookies["sessionid"] = owner.client.cookies["sessionid"].value
    assert is_signed_in(copy)

    owner.client.post(END)

    assert is_signed_in(owner)
    assert not is_signed_in(copy)


def test_r20_a_login_afterwards_works_and_other_people_stay(user, other_user):
    neighbour = sign_in_ago(other_user, 60)
    sign_in_ago(user, 10).client.post(END)

    assert is_signed_in(Browser().sign_in(user))
    assert is_signed_in(neighbour)


def test_r20_sessions_from_before_this_app_end_as_well(user):
    old = sign_in_ago(user, 60)
    session = old.client.session
    del session[AUTHENTICATION], session[OPENED]
    session.save()
    assert is_signed_in(old)

    sign_in_ago(user, 0).client.post(END)

    assert not is_signed_in(old)


def test_r20_a_session_that_confirmed_afterwards_counts_from_then(user):
    end_all_sessions(user)
    browser = sign_in_ago(user, 60)
    session = browser.client.session
    session[AUTHENTICATION] |= {"at": time.time() + 1}
    session.save()

    assert is_signed_in(browser)


def test_r20_it_wants_a_recent_login(user):
    browser = sign_in_ago(user, 3600)

    assert browser.client.get(END)["Location"].startswith("/passkeys/confirm/")
    assert browser.client.post(END)["Location"].startswith("/passkeys/confirm/")
    assert refusal(browser.client.post(END, headers=AS_JSON)) == (403, "reauthentication_required")
    assert not UserHandle.objects.filter(sessions_ended_at__isnull=False).exists()


def test_r20_g1_a_password_alone_ends_no_sessions_of_an_account_that_has_a_passkey(registered, user):
    thief = Browser().sign_in(user)
    assert thief.client.get(END)["Location"].startswith("/passkeys/confirm/")
    assert refusal(thief.client.post(END, headers=AS_JSON)) == (403, "reauthentication_required")
    assert is_signed_in(thief)

    registered.login()
    assert registered.client.post(END, headers=AS_JSON).status_code == 204
    assert not is_signed_in(thief)


def test_r20_a_parked_session_ends_too(user):
    thief = sign_in_ago(user, 60)
    request = request_of(thief)
    park(request, Due.PASSKEY)
    request.session.save()
    thief.client.get("/")
    assert PARKED in thief.client.session

    end_all_sessions(user)
    thief.client.get("/")

    assert PARKED not in thief.client.session


def test_r20_strangers_and_other_sites_end_nothing(user):
    assert Client().post(END)["Location"].startswith("/accounts/login/")
    careful = Browser(Client(enforce_csrf_checks=True)).sign_in(user)
    assert careful.client.post(END).status_code == 403
    assert not UserHandle.objects.filter(sessions_ended_at__isnull=False).exists()


def test_r20_scripts_get_204(signed_in):
    assert signed_in.client.post(END, headers=AS_JSON).status_code == 204


def test_r20_without_the_middleware_nothing_pretends_to_end_sessions(signed_in, settings):
    settings.MIDDLEWARE = [path for path in settings.MIDDLEWARE if path != MIDDLEWARE]
    signed_in.client.handler.load_middleware()

    assert signed_in.client.get(END).status_code == 404
    assert signed_in.client.post(END).status_code == 404
    assert END not in signed_in.client.get(LIST).content.decode()


def test_r20_a_time_that_a_wrong_clock_wrote_locks_nobody_out(user):
    end_all_sessions(user)
    wrong = timezone.now() + timedelta(days=365)
    UserHandle.objects.update(sessions_ended_at=wrong)

    browser = Browser().sign_in(user)
    assert is_signed_in(browser)

    thief = sign_in_ago(user, 60)
    browser.client.post(END)  # mends it
    assert not is_signed_in(thief)


def test_r20_without_time_zones_it_is_the_same(user, settings):
    settings.USE_TZ = False
    thief, owner = sign_in_ago(user, 60), Browser().sign_in(user)

    owner.client.post(END)

    assert is_signed_in(owner)
    assert not is_signed_in(thief)


def test_r20_the_history_and_a_mail_say_so(signed_in, user, django_capture_on_commit_callbacks):
    type(user).objects.filter(pk=user.pk).update(email="ada@example.com")
    with django_capture_on_commit_callbacks(execute=True):
        signed_in.client.post(END)

    event = PasskeyEvent.objects.get(kind=EventKind.SESSIONS_ENDED)
    assert (event.user, event.actor, event.passkey) == (user, None, None)
    [message] = mail.outbox
    assert message.to == ["ada@example.com"]
    assert message.subject == "Test server: your other sessions were ended"
    assert "signed out everywhere" in message.body
    assert "Done by: you" in message.body
    assert "Passkey:" not in message.body


def test_r20_it_is_limited(signed_in, settings):
    settings.PASSKEY_RATE_LIMITS = {"end-sessions": "1/h"}

    assert signed_in.client.post(END, headers=AS_JSON).status_code == 204
    assert refusal(signed_in.client.post(END, headers=AS_JSON)) == (429, "throttled")


def statements(browser, page="/"):
    fresh = Client()  # the other has its middleware already
    fresh.cookies = browser.client.cookies
    with CaptureQueriesContext(connection) as queries:
        assert fresh.get(page).status_code == 200
    return len(queries)


def test_r20_it_costs_one_statement_a_request_and_none_for_visitors(registered, user, settings):
    end_all_sessions(user)
    by_password, visitor = Browser().sign_in(user), Browser()
    registered.login()
    guarded = [statements(browser) for browser in (by_password, registered, visitor)]
    settings.MIDDLEWARE = [path for path in settings.MIDDLEWARE if path != MIDDLEWARE]
    before = [statements(browser) for browser in (by_password, registered, visitor)]

    # reading the session of somebody is one statement, which each page that knows its visitor runs anyway
    assert guarded == [before[0] + 2, before[1] + 2, 0]


def test_r20_a_session_of_nobody_costs_no_statement_more(client):
    session = client.session
    session["basket"] = ["tea"]
    session.save()
    client.cookies["sessionid"] = session.session_key

    with CaptureQueriesContext(connection) as queries:
        client.get("/")

    assert len(queries) == 1  # the session itself


def test_r20_people_without_a_user_handle_are_no_error(user):
    assert not UserHandle.objects.exists()

    assert is_signed_in(Browser().sign_in(user))


def test_r20_a_user_who_is_gone_is_no_error(user, signed_in):
    user.delete()

    assert not is_signed_in(signed_in)


def test_r20_under_asgi_it_is_the_same(user):
    client = AsyncClient()
    with moved_clock(-60):
        async_to_sync(client.alogin)(**credentials_of(user))
    assert async_to_sync(client.get)(LIST).status_code == 200

    end_all_sessions(user)

    assert async_to_sync(client.get)(LIST).status_code == 302


def test_r20_a_session_in_which_staff_act_as_somebody_ends_with_the_sessions_of_either(user):
    """As django-hijack leaves it: the session's user is the customer, and its history names the staff."""
    staff = make_user("root", is_staff=True, is_superuser=True)
    for ended in (user, staff):
        acting = sign_in_ago(user, 60)
        session = acting.client.session
        session["hijack_history"] = [str(staff.pk)]
        session.save()
        assert is_signed_in(acting)

        end_all_sessions(ended)

        assert not is_signed_in(acting)
        UserHandle.objects.update(sessions_ended_at=datetime(2020, 1, 1, tzinfo=UTC))


def test_r20_a_login_that_shows_no_credential_lives_after_an_earlier_end(user, other_user):
    """Impersonation and its release leave no record in the session: it counts from when it was opened."""
    end_all_sessions(other_user)
    end_all_sessions(user)
    browser = Browser().sign_in(user)
    browser.client.force_login(other_user)

    assert is_signed_in(browser)


def test_r20_nobody_who_acts_as_another_ends_sessions_for_them(user):
    staff = make_user("root", is_staff=True, is_superuser=True)
    browser = Browser().sign_in(user)
    session = browser.client.session
    session["hijack_history"] = [str(staff.pk)]
    session.save()

    assert refusal(browser.client.post(END, headers=AS_JSON)) == (403, "acting_as_another")


def test_r20_a_sites_own_view_may_end_other_sessions(user):
    thief, owner = sign_in_ago(user, 60), Browser().sign_in(user)
    request = request_of(owner)
    end_other_sessions(request, user)
    request.session.save()
    owner.client.cookies["sessionid"] = request.session.session_key

    assert is_signed_in(owner)
    assert not is_signed_in(thief)
