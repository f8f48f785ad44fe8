"""Which logins count as showing a credential, and which records a session's version can read."""

import time
import uuid

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import alogin, authenticate, get_user_model, login
from django.contrib.auth.signals import user_logged_in
from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.test import AsyncClient
from django.urls import include, path

from passkeys_django.login import PasskeyLoginView
from passkeys_django.sessions import get_authentication, is_recently_authenticated
from tests.conftest import PASSWORD, Browser, credentials_of, moved_clock, refusal
from tests.sessions.test_sessions import request_of

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


def named_user(request):
    return get_user_model().objects.get(pk=request.POST["pk"])


def after_asking(request):
    """Site code that has looked who is there, as impersonation does."""
    assert request.user.is_authenticated
    login(request, named_user(request), backend=MODEL_BACKEND)
    return HttpResponse()


def as_themselves(request):
    login(request, request.user, backend=MODEL_BACKEND)
    return HttpResponse()


def without_asking(request):
    login(request, named_user(request), backend=MODEL_BACKEND)
    return HttpResponse()


async def after_asking_asynchronously(request):
    user = await request.auser()
    assert user.is_authenticated
    await alogin(request, user, backend=MODEL_BACKEND)
    return HttpResponse()


def signal_alone(request):
    """What a token view does that has asked somebody else than `request.user`."""
    user = named_user(request)
    user_logged_in.send(sender=type(user), request=request, user=user)
    return HttpResponse()


def by_password(request):
    user = authenticate(request, username=request.POST["username"], password=request.POST["password"])
    login(request, user)
    return HttpResponse()


class AskingLogin(PasskeyLoginView):
    redirect_authenticated_user = False

    def dispatch(self, request, *args, **kwargs):
        assert request.user is not None
        assert request.user.is_authenticated in (True, False)
        return super().dispatch(request, *args, **kwargs)


urlpatterns = [
    path("passkeys/", include("passkeys_django.urls")),
    path("after-asking/", after_asking),
    path("as-themselves/", as_themselves),
    path("without-asking/", without_asking),
    path("asynchronous/", after_asking_asynchronously),
    path("signal-alone/", signal_alone),
    path("by-password/", by_password),
    path("django/", LoginView.as_view()),
    path("django/unless-signed-in/", LoginView.as_view(redirect_authenticated_user=True)),
    path("ours/", AskingLogin.as_view()),
]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
OVER_A_SESSION = ["/after-asking/", "/as-themselves/", "/without-asking/", "/signal-alone/"]
LOGIN_PAGES = ["/by-password/", "/django/", "/django/unless-signed-in/", "/ours/"]


@pytest.fixture
def an_hour_old(user):
    """A browser in which `user` signed in an hour ago. Somebody else may sit in front of it now."""
    with moved_clock(-3600):
        return Browser().sign_in(user)


def is_fresh(browser):
    return is_recently_authenticated(request_of(browser))


# Over a session of somebody


@pytest.mark.parametrize("page", OVER_A_SESSION)
def test_f1_a_login_over_a_session_that_shows_no_credential_renews_nothing(an_hour_old, user, page):
    assert an_hour_old.client.post(page, {"pk": user.pk}).status_code == 200

    assert not is_fresh(an_hour_old)
    assert refusal(an_hour_old.post("start-registration")) == (403, "reauthentication_required")


@pytest.mark.parametrize("page", ["/after-asking/", "/without-asking/"])
@pytest.mark.parametrize("age", [0, 3600])
def test_f1_a_switch_to_another_user_makes_nothing_fresh(user, other_user, page, age):
    with moved_clock(-age):
        browser = Browser().sign_in(user)

    browser.client.post(page, {"pk": other_user.pk})

    assert browser.user_id == str(other_user.pk)
    assert get_authentication(request_of(browser)) is None
    browser.client.post(page, {"pk": user.pk})
    assert not is_fresh(browser)


def test_f1_a_switch_without_asking_counts_for_nothing_with_sessions_in_cookies(user, other_user, settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    browser = Browser()
    browser.client.post("/without-asking/", {"pk": user.pk})
    assert is_fresh(browser)

    browser.client.post("/without-asking/", {"pk": other_user.pk})

    assert not is_fresh(browser)


def test_f1_an_asynchronous_login_over_a_session_renews_nothing(an_hour_old):
    client = AsyncClient()
    client.cookies = an_hour_old.client.cookies

    assert async_to_sync(client.post)("/asynchronous/").status_code == 200

    assert not is_fresh(an_hour_old)


def test_f1_a_recent_login_is_not_taken_back(user):
    with moved_clock(-60):
        browser = Browser().sign_in(user)

    browser.client.post("/as-themselves/")

    assert 59 <= time.time() - get_authentication(request_of(browser)).at < 90


# Logins that count


@pytest.mark.parametrize("page", ["/without-asking/", *LOGIN_PAGES])
def test_a_login_counts_where_nobody_was_signed_in(user, page):
    browser = Browser()

    browser.client.post(page, {"pk": user.pk, **credentials_of(user)})

    assert is_fresh(browser)


@pytest.mark.parametrize("page", ["/by-password/", "/django/", "/ours/"])
def test_whoever_signs_in_again_by_password_has_shown_it(an_hour_old, user, other_user, page):
    an_hour_old.client.post(page, credentials_of(user))
    assert is_fresh(an_hour_old)

    an_hour_old.client.post(page, credentials_of(other_user))
    assert get_authentication(request_of(an_hour_old)).user == str(other_user.pk)


def test_our_login_page_counts_also_if_it_was_asked_who_is_there(an_hour_old, user):
    an_hour_old.client.post("/ours/", credentials_of(user))

    assert is_fresh(an_hour_old)


def test_what_follows_our_login_in_the_same_request_is_not_ours(an_hour_old, user, monkeypatch):
    """The mark goes with the login that it is for."""
    monkeypatch.setattr(AskingLogin, "form_valid", lambda self, form: switch_back(self, form, user))

    an_hour_old.client.post("/ours/", credentials_of(user))

    assert not is_fresh(an_hour_old)


def switch_back(view, form, user):
    with moved_clock(-3600):
        super(AskingLogin, view).form_valid(form)
    login(view.request, user, backend=MODEL_BACKEND)
    return HttpResponse()


def test_a_passkey_counts_over_somebody_elses_session(registered, user, other_user):
    with moved_clock(-3600):
        registered.sign_in(other_user)

    assert registered.login().status_code == 200

    assert get_authentication(request_of(registered)).user == str(user.pk)
    assert is_fresh(registered)


def test_the_password_on_our_page_counts(an_hour_old):
    an_hour_old.client.post("/passkeys/confirm/", {"password": PASSWORD})

    assert is_fresh(an_hour_old)


# Two versions of this app run side by side during a deployment


def with_record(browser, change):
    session = browser.client.session
    record = dict(session["_passkeys_authentication"])
    change(record)
    session["_passkeys_authentication"] = record
    session.save()
    return request_of(browser)


def test_members_of_a_later_version_are_ignored(signed_in):
    later = {"methods": ["palm", "password"], "strength": 3, "place": "Paris"}
    request = with_record(signed_in, lambda record: record.update(later))

    assert get_authentication(request).methods == ("palm", "password")
    assert get_authentication(request).strength == 1
    assert is_recently_authenticated(request)


def test_of_an_earlier_version_what_is_missing_is_derived(registered, user):
    registered.login()

    def leave_only_the_passkey(record):
        for name in ("methods", "user_verified", "attachment", "amr"):
            del record[name]

    authentication = get_authentication(with_record(registered, leave_only_the_passkey))

    assert authentication.methods == ("passkey",)
    assert authentication.strength == 1
    assert authentication.amr == ()
    assert authentication.user_verified is False
    assert authentication.attachment is None
    assert authentication.user == str(user.pk)


@pytest.mark.parametrize("name", ["methods", "method", "at", "passkey", "user_verified", "attachment", "amr"])
@pytest.mark.parametrize("value", [None, [], {}, "text", 5, 10**400, -1, True, float("nan"), uuid.UUID(int=0).hex])
def test_no_member_of_any_type_is_an_error(signed_in, name, value):
    request = with_record(signed_in, lambda record: record.update({name: value}))

    assert get_authentication(request).user == signed_in.user_id
    assert is_recently_authenticated(request, max_age=60) in (True, False)
    assert signed_in.client.get("/passkeys/").status_code == 200


@pytest.mark.parametrize("value", ["text", "", "5"])
def test_no_record_keeps_the_middleware_from_answering(signed_in, settings, value):
    with_record(signed_in, lambda record: record.update(passkey=value))
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "passkeys_django.middleware.RemovedPasskeyMiddleware"]

    assert signed_in.client.get("/passkeys/").status_code == 200


@pytest.mark.parametrize("value", [None, "now", [], float("nan"), "MISSING"])
def test_a_record_that_does_not_say_when_is_old(signed_in, value):
    request = with_record(
        signed_in, lambda record: record.pop("at") if value == "MISSING" else record.update(at=value)
    )

    assert not is_recently_authenticated(request)


@pytest.mark.parametrize("value", [None, 1, [], {}])
def test_a_record_that_names_nobody_does_not_say(signed_in, value):
    request = with_record(signed_in, lambda record: record.update(user=value))

    assert get_authentication(request) is None


def test_it_counts_for_the_user_that_it_names(signed_in, other_user):
    request = request_of(signed_in)
    request.user = other_user

    assert get_authentication(request) is None
    assert not is_recently_authenticated(request)
