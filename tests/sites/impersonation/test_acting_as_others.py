"""Staff act as a customer, with the real views of the real packages."""

import re
from http import HTTPStatus

import pytest
from django.core import mail

from passkeys_django import lifecycle
from passkeys_django.models import Passkey, PasskeyEvent
from passkeys_django.sessions import end_all_sessions, is_recently_authenticated
from passkeys_django.testing import SoftwareAuthenticator
from tests.conftest import ORIGIN, PASSWORD, Browser, make_passkey, make_user, moved_clock, refusal, untold
from tests.sessions.test_sessions import request_of

pytestmark = pytest.mark.django_db
AS_JSON = {"Accept": "application/json"}
ACTING = (403, "acting_as_another")


class Hijack:
    middleware = "hijack.middleware.HijackUserMiddleware"
    leaves_the_staffs_session = False

    def begin(self, client, user):
        return client.post("/hijack/acquire/", {"user_pk": user.pk})

    def end(self, client):
        return client.post("/hijack/release/")


class Impersonate:
    middleware = "impersonate.middleware.ImpersonateMiddleware"
    leaves_the_staffs_session = True

    def begin(self, client, user):
        return client.get(f"/impersonate/{user.pk}/")

    def end(self, client):
        return client.get("/impersonate/stop/")


class LoginAs:
    middleware = None
    leaves_the_staffs_session = False

    def begin(self, client, user):
        return client.post(f"/loginas/login/user/{user.pk}/")

    def end(self, client):
        return client.get("/loginas/logout/")


@pytest.fixture(params=[Hijack, Impersonate, LoginAs], ids=lambda package: package.__name__)
def package(request, settings):
    if request.param.middleware:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, request.param.middleware]
    return request.param()


@pytest.fixture
def staff(db):
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture(params=[0, 3600], ids=["fresh", "hour-old"])
def staffs_browser(request, staff):
    """A browser in which staff have signed in just now, or an hour ago."""
    with moved_clock(-request.param):
        return untold(staff)


@pytest.fixture
def acting(package, staffs_browser, user):
    """The same browser after the staff began to act as `user`."""
    begin(package, staffs_browser, user)
    return staffs_browser


def begin(package, browser, user):
    assert package.begin(browser.client, user).status_code == HTTPStatus.FOUND
    assert signed_in_as(browser) == user


def signed_in_as(browser):
    return browser.client.get("/offer/").wsgi_request.user


def test_f1_whoever_acts_as_a_customer_is_offered_nothing(acting, settings):
    settings.PASSKEY_CONDITIONAL_CREATE = True

    assert acting.client.get("/offer/").content.strip() == b""


def test_f1_they_register_nothing_on_the_account(acting, user):
    assert refusal(acting.post("start-registration")) == ACTING
    assert refusal(acting.post("start-registration", {"mediation": "conditional"})) == ACTING
    assert not Passkey.objects.exists()


def test_f1_they_do_not_finish_a_registration_of_their_own_on_it(package, staff, user):
    browser = Browser().sign_in(staff)
    credential = browser.authenticator.create(browser.creation_options())
    begin(package, browser, user)

    assert refusal(browser.post("finalize-registration", credential)) == ACTING
    assert not Passkey.objects.exists()


def test_f1_they_rename_and_remove_nothing(acting, user):
    passkey = make_passkey(user)
    for form in ("rename", "remove"):
        path = f"/passkeys/{passkey.pk}/{form}/"
        assert refusal(acting.client.post(path, {"name": "Mine"}, headers=AS_JSON)) == ACTING
        page = acting.client.post(path, {"name": "Mine"})
        assert page.status_code == HTTPStatus.FORBIDDEN
        assert "Go back to your own account first." in page.content.decode()

    assert Passkey.objects.get().name == "Laptop"
    assert not PasskeyEvent.objects.exists()


def test_f1_they_confirm_nothing(acting):
    assert acting.client.get("/passkeys/confirm/").status_code == HTTPStatus.FORBIDDEN
    assert acting.client.post("/passkeys/confirm/", {"password": PASSWORD}).status_code == HTTPStatus.FORBIDDEN
    assert refusal(acting.post("start-login", {"purpose": "confirm"})) == ACTING


def test_they_look_at_the_passkeys(acting, user):
    make_passkey(user)

    page = acting.client.get("/passkeys/").content.decode()

    assert "<bdi>Laptop</bdi>" in page
    assert "Go back to your own account first." in page


def test_f1_an_hour_old_session_is_not_fresh_after_acting_as_somebody(package, staff, user):
    with moved_clock(-3600):
        browser = Browser().sign_in(staff)
    begin(package, browser, user)

    package.end(browser.client)

    assert signed_in_as(browser) == staff
    assert not is_recently_authenticated(request_of(browser))
    assert refusal(browser.post("start-registration")) == (403, "reauthentication_required")
    browser.client.post("/passkeys/confirm/", {"password": PASSWORD})
    assert browser.register().status_code == HTTPStatus.CREATED


def test_f1_they_revoke_nothing_in_the_admin(package, acting, user, other_user, settings):
    """Of two superusers one acts as the other, and wants to revoke a third one's passkey."""
    user.is_staff = user.is_superuser = True
    user.save()
    passkey = make_passkey(other_user)
    settings.IMPERSONATE = {"URI_EXCLUSIONS": [], "ALLOW_SUPERUSER": True}

    response = acting.client.post(f"/admin/passkeys_django/passkey/{passkey.pk}/delete/", {"post": "yes"})

    assert response.status_code == HTTPStatus.FORBIDDEN
    assert "sign out, and sign in again as yourself" in response.content.decode()
    assert Passkey.objects.get() == passkey


def test_f1_history_and_mail_name_the_staff(
    package, acting, staff, other_user, settings, django_capture_on_commit_callbacks
):
    """A view of the site's own revokes, and asks for nothing."""
    other_user.email = "grace@example.com"
    other_user.save()
    request = acting.client.get("/offer/").wsgi_request
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.revoke([make_passkey(other_user)], request=request)

    event = PasskeyEvent.objects.get()
    assert (event.kind, event.user, event.actor) == ("removed", other_user, staff)
    assert re.search(r"Done by: (.*)", mail.outbox[-1].body)[1] == "an administrator of the site"


def test_r20_their_session_ends_with_those_of_the_customer_and_with_their_own(package, staff, user, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "passkeys_django.middleware.RemovedPasskeyMiddleware"]
    for ended in (user, staff):
        end_all_sessions(ended)  # an end before the login ends nothing
    browser = Browser().sign_in(staff)
    begin(package, browser, user)

    end_all_sessions(staff)

    assert signed_in_as(browser).is_anonymous


def test_f1_a_passkey_of_their_own_signs_them_in_as_themselves(package, staff, user):
    browser = Browser().sign_in(staff)
    assert browser.register().status_code == HTTPStatus.CREATED
    begin(package, browser, user)

    assert browser.login().status_code == HTTPStatus.OK

    assert browser.user_id == str(staff.pk)
    assert signed_in_as(browser) == (user if package.leaves_the_staffs_session else staff)
    assert [event.user for event in PasskeyEvent.objects.filter(kind="used")] == [staff]


def test_f1_back_in_their_account_they_are_as_recent_as_their_own_session(package, staff, user):
    """Where a package has logged in as the customer, it logs in as the staff again, which shows no credential."""
    browser = Browser().sign_in(staff)
    begin(package, browser, user)

    package.end(browser.client)

    assert signed_in_as(browser) == staff
    assert is_recently_authenticated(request_of(browser)) is package.leaves_the_staffs_session


def test_nobody_else_notices(package, signed_in):
    assert signed_in.client.get("/offer/").content.strip() != b""
    signed_in.authenticator = SoftwareAuthenticator(origin=ORIGIN)
    assert signed_in.register().status_code == HTTPStatus.CREATED
    assert list(PasskeyEvent.objects.values_list("kind", "code", "actor").order_by("pk")) == [
        ("offered", "first", None),
        ("registered", "offer", None),
    ]
