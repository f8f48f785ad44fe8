"""The code that docs/how-to shows: it runs, and does what the page says."""

import logging
import sys
from types import ModuleType

import pytest
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import clear_url_caches, path

from passkeys_django.conf import passkey_settings
from passkeys_django.enrolment import may_invite
from passkeys_django.models import Passkey, PasskeyEvent, Tombstone
from passkeys_django.policy import policy_of
from passkeys_django.signals import passkey_registered, passkey_used, provider_state_changed
from passkeys_django.testing import login, register
from tests.conftest import Browser, make_passkey, make_user, refusal
from tests.docs.how_to.pages import Page
from tests.docs.test_docs_security import ROOT
from tests.urls import urlpatterns

pytestmark = pytest.mark.django_db


class TestSupportDesk:
    def test_g3_the_group_may_do_what_the_page_says_and_no_more(self, user):
        names = {}
        exec(Page("support-desk").block("desk.py"), names)
        clerk = make_user("clerk", is_staff=True)
        clerk.groups.add(names["make_desk"]())
        clerk = type(clerk).objects.get(pk=clerk.pk)  # with fresh permissions

        assert len(clerk.get_all_permissions()) == 5
        assert may_invite(clerk, user)
        assert not may_invite(clerk, make_user("boss", is_staff=True, is_superuser=True))
        assert clerk.has_perms(["passkeys_django.delete_passkey", "passkeys_django.view_passkeyevent"])


class TestLostDevice:
    def test_all_passkeys_of_the_person_are_revoked_and_nobody_elses(self, user, other_user):
        for owner in (user, user, other_user):
            make_passkey(owner)
        names = {}
        exec(Page("lost-device").block("revoke_all.py"), names)

        assert names["revoke_all"](user) == 2
        assert [passkey.user for passkey in Passkey.objects.all()] == [other_user]

    def test_f8_a_removed_passkey_may_come_back_when_staff_say_so(self, user):
        passkey = make_passkey(user)
        Tombstone.objects.put_up_all([("example.com", passkey.credential_id)])
        names = {}
        exec(Page("lost-device").block("allow_again.py"), names)

        assert names["allow_again"](passkey.credential_id)
        assert not Tombstone.objects.exists()


class TestCustomUserModel:
    def test_the_model_shown_is_the_one_that_the_suite_runs_with(self):
        [included] = [text for _kind, title, text in Page("custom-user-model").blocks if not title]

        assert included.split('"')[1] == "tests/support/accounts/models.py"
        assert (ROOT / "tests/support/accounts/models.py").exists()

    def test_a_backend_of_ones_own_decides(self, registered, user, settings, monkeypatch):
        Page("custom-user-model").install(monkeypatch, "shop/backends.py")
        settings.AUTHENTICATION_BACKENDS = ["shop.backends.MembersOnly"]
        assert registered.login().status_code == 200
        registered.client.logout()

        user.groups.add(Group.objects.create(name="suspended"))

        assert refusal(registered.login()) == (403, "login_failed")


class TestImpersonation:
    @pytest.mark.parametrize("key", ["staff", None])
    def test_a_site_names_the_person_at_the_keyboard(self, signed_in, other_user, monkeypatch, settings, key):
        Page("impersonation").install(monkeypatch, "shop/middleware.py")
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, "shop.middleware.NameTheImpersonator"]
        session = signed_in.client.session
        session["acting_staff"] = str(other_user.pk) if key == "staff" else None
        session.save()

        assert signed_in.post("start-registration").status_code == (403 if key == "staff" else 200)


class TestAuditAndAlerts:
    @pytest.fixture
    def alerts(self, monkeypatch):
        alerts = Page("audit-and-alerts").install(monkeypatch, "shop/alerts.py")
        yield alerts
        passkey_registered.disconnect(alerts.tell_of_staff)
        passkey_used.disconnect(alerts.tell_of_a_new_place)
        provider_state_changed.disconnect(alerts.tell_of_the_provider)

    def test_the_questions_are_answered(self, registered, user):
        registered.login()
        registered.login(tamper_signature=True)
        PasskeyEvent.objects.create(kind="removed", user=user, actor=user)
        names = {}
        exec(Page("audit-and-alerts").block("questions.py"), names)

        assert names["events_by_kind"] == {"registered": 1, "used": 1, "refused": 1, "removed": 1}
        assert names["refusals_by_code"] == {"login_failed": 1}
        assert names["done_by_staff"].count() == 1

    def test_a_new_passkey_of_staff_is_told(self, alerts, signed_in, user, caplog):
        user.is_staff = True
        user.save()

        signed_in.register()

        assert f"Staff member {user.pk} has a new passkey" in caplog.text

    def test_a_new_network_is_told_and_the_old_one_is_not(self, alerts, registered, caplog):
        caplog.set_level(logging.INFO, "shop.security")
        for address in ("203.0.113.1", "203.0.113.2", "198.51.100.1"):
            registered.client.defaults["REMOTE_ADDR"] = address
            registered.login()

        assert caplog.text.count("signs in from a new network") == 1

    def test_the_state_of_the_provider_is_told(self, alerts, caplog):
        provider_state_changed.send(sender=Browser, provider=None, is_up=False)

        assert "Browser is down" in caplog.text


SECOND_STEPS = [(True, False, "second-step"), (True, True, "allowed"), (False, False, "allowed")]


class TestBesideATotpApp:
    """django-otp is played: `user_has_device`, and a middleware that puts `is_verified` on the user."""

    @pytest.fixture
    def shop(self, settings, monkeypatch):
        otp = ModuleType("django_otp")
        otp.user_has_device = lambda user: True
        monkeypatch.setitem(sys.modules, "django_otp", otp)
        page = Page("beside-a-totp-app")
        page.install(monkeypatch, "shop/two_factors.py", "shop/middleware.py")
        guarded = sys.modules["shop.two_factors"].two_factors_required(lambda request: HttpResponse("secret"))
        site = ModuleType("urls")
        site.urlpatterns = [path("code/", HttpResponse, name="enter-code"), path("secret/", guarded), *urlpatterns]
        monkeypatch.setattr(sys.modules["shop.middleware"], "otp_middleware", otp_middleware, raising=False)
        shown = page.settings()["MIDDLEWARE"]
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, "shop.middleware.otp_middleware", *shown]
        settings.ROOT_URLCONF = site
        yield otp
        clear_url_caches()

    def test_after_the_password_the_code_is_due_and_no_passkey_can_be_made(self, shop, user):
        browser = Browser().sign_in(user)
        passkey = make_passkey(user)

        assert browser.client.get("/secret/").url == "/code/"
        assert register(browser.client, browser.authenticator).json()["reauthentication_url"] == "/code/"
        for page in (f"{passkey.pk}/remove/", "add-device/", "recovery-codes/", "recover/"):
            assert browser.client.post(f"/passkeys/{page}").url == "/code/"
        assert browser.client.get("/passkeys/").status_code == 200

    def test_after_the_code_all_is_open_and_the_passkey_then_stands_for_both(self, shop, user):
        browser = Browser().sign_in(user)
        browser.client.cookies["code"] = "shown"
        assert browser.client.get("/secret/").content == b"secret"
        assert register(browser.client, browser.authenticator).status_code == 201
        browser.client.logout()  # and without the cookie

        assert login(browser.client, browser.authenticator).status_code == 200
        assert browser.client.get("/secret/").content == b"secret"

    def test_a_device_that_did_not_check_is_one_factor(self, shop, user, settings):
        settings.PASSKEY_USER_VERIFICATION = "preferred"
        browser = Browser().sign_in(user)
        browser.client.cookies["code"] = "shown"
        register(browser.client, browser.authenticator)
        del browser.client.cookies["code"]
        login(browser.client, browser.authenticator, flags={"uv": False})

        assert browser.client.get("/secret/").url == "/code/"

    def test_who_has_no_app_is_left_alone(self, shop, user):
        shop.user_has_device = sys.modules["shop.two_factors"].user_has_device = lambda user: False
        browser = Browser().sign_in(user)

        assert browser.client.get("/secret/").content == b"secret"
        assert Client().get("/secret/").content == b"secret"  # whether somebody is signed in, other decorators ask

    @pytest.mark.parametrize(("is_staff", "has_app", "password"), SECOND_STEPS)
    def test_the_policy_asks_staff_without_the_app(self, shop, user, monkeypatch, is_staff, has_app, password):
        page = Page("beside-a-totp-app")
        policy = page.install(monkeypatch, "shop/policy.py")
        policy.user_has_device = lambda user: has_app
        user.is_staff = is_staff

        with override_settings(**page.settings("settings.py: policy")):
            assert policy_of(user).password == password

    def test_a_login_with_the_code_counts_as_other(self, user, monkeypatch, rf):
        page = Page("beside-a-totp-app")
        page.install(monkeypatch, "shop/logins.py")
        request = rf.get("/")
        request.session = {"code_was_right": True}

        with override_settings(**page.settings("settings.py: logins")):
            assert passkey_settings.login_method(request, user) == "other"
            request.session.clear()
            assert passkey_settings.login_method(request, user) == "password"


def otp_middleware(get_response):
    def middleware(request):
        request.user.is_verified = lambda: "code" in request.COOKIES
        return get_response(request)

    return middleware
