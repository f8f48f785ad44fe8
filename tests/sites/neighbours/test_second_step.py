"""The second round of the login form beside what sites put around it: captcha, rate limit, TOTP, debug toolbar."""

import re
import sys
from types import ModuleType

import pytest
from captcha.models import CaptchaStore
from django.http import HttpResponse
from django.urls import clear_url_caches, path
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from passkeys_django.sessions import get_authentication
from tests.conftest import Browser, credentials_of, make_user, refusal
from tests.docs.how_to.pages import Page
from tests.sessions.test_sessions import request_of
from tests.sites.neighbours.test_login_walls import urlpatterns as walls
from tests.sites.owing import SECOND_STEP, guard, owner_of_passkey, second_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(user, settings):
    """A browser of somebody with a passkey, of whom a second step is due after the password."""
    browser = owner_of_passkey(user)
    settings.ROOT_URLCONF = "tests.sites.neighbours.test_login_walls"
    guard(settings, SECOND_STEP)
    return browser


def hidden_in(page):
    """The fields of the second round's form."""
    form = re.search(r'<form method="post".*?</form>', page.content.decode(), re.DOTALL)[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


def first_round(browser, user, url, **values):
    page = browser.client.post(url, credentials_of(user) | values)
    assert "One more step" in page.content.decode(), page
    return hidden_in(page)


def go_on(browser, url, fields, **values):
    return browser.client.post(url, {**fields, "passkey": second_step(browser, fields["token"]), **values})


class TestCaptcha:
    @pytest.fixture
    def solved(self):
        store = CaptchaStore.objects.get(hashkey=CaptchaStore.generate_key())
        return {"captcha_0": store.hashkey, "captcha_1": store.response}

    def test_it_is_solved_once_for_both_rounds(self, ada, user, solved):
        fields = first_round(ada, user, "/captcha/", **solved)
        assert not CaptchaStore.objects.filter(hashkey=solved["captcha_0"]).exists()

        assert go_on(ada, "/captcha/", fields).status_code == 302
        assert ada.user_id == str(user.pk)

    def test_g6_not_solved_there_is_no_second_round(self, ada, user, solved):
        page = ada.client.post("/captcha/", credentials_of(user) | solved | {"captcha_1": "?"})

        assert "One more step" not in page.content.decode()
        assert page.context["form"].errors.keys() == {"captcha"}

    def test_g6_another_captcha_in_the_second_round_must_be_right(self, ada, user, solved):
        """Only what the first round has checked is right without a check."""
        fields = first_round(ada, user, "/captcha/", **solved)

        response = go_on(ada, "/captcha/", fields | {"captcha_1": "another"})

        assert response.status_code == 200
        assert ada.user_id is None


def test_the_rate_limit_answers_before_the_second_round(ada, user):
    fields = first_round(ada, user, "/limited/")

    assert go_on(ada, "/limited/", fields).status_code == 302  # the second of two
    ada.client.logout()

    assert ada.client.post("/limited/", credentials_of(user)).status_code == 403


class TestDebugToolbar:
    def test_it_shows_both_rounds_and_the_page_and_no_script_hears_of_it(self, ada, user, settings):
        settings.ROOT_URLCONF = "tests.sites.neighbours.urls"
        ada.client.defaults["HTTP_X_TOOLBAR"] = "1"
        page = ada.client.post("/accounts/login/", credentials_of(user))
        assert "djdt" in page.content.decode()
        assert go_on(ada, "/accounts/login/", hidden_in(page)).status_code == 302
        ada.client.logout()

        ada.client.force_login(user, backend="passkeys_django.backends.PolicyModelBackend")

        response = ada.client.get("/passkeys/", headers={"accept": "application/json"})
        assert refusal(response) == (403, "second_step_required")
        page = ada.client.get("/passkeys/second-step/")
        assert "djdt" in page.content.decode()
        assert "One more step" in page.content.decode()
        response = ada.client.post("/passkeys/second-step/?next=/", {"passkey": second_step(ada)})
        assert response["Location"] == "/"


class TestTotp:
    """django-otp itself, with what docs/how-to/beside-a-totp-app.md shows."""

    @pytest.fixture(autouse=True)
    def shop(self, settings, monkeypatch, ada):
        page = Page("beside-a-totp-app")
        page.install(monkeypatch, "shop/two_factors.py", "shop/middleware.py")
        guarded = sys.modules["shop.two_factors"].two_factors_required(lambda request: HttpResponse("secret"))
        settings.MIDDLEWARE = [
            *settings.MIDDLEWARE,
            "django_otp.middleware.OTPMiddleware",
            "shop.middleware.CodeBeforeNewPasskeys",
        ]
        settings.ROOT_URLCONF = ModuleType("urls")
        settings.ROOT_URLCONF.urlpatterns = [
            path("code/", enter_code, name="enter-code"),
            path("secret/", guarded),
            *walls,
        ]
        settings.LOGIN_URL = "/limited/"
        yield
        clear_url_caches()

    def device_of(self, person):
        return TOTPDevice.objects.create(user=person, name="app")

    def test_somebody_with_a_passkey_and_an_app_is_asked_for_the_passkey_only(self, ada, user):
        self.device_of(user)

        assert go_on(ada, "/limited/", first_round(ada, user, "/limited/")).status_code == 302

        assert get_authentication(request_of(ada)).strength == 2
        assert ada.client.get("/secret/").content == b"secret"

    def test_somebody_with_an_app_only_is_asked_for_the_code_only(self, ada):
        grace = make_user("grace")
        device = self.device_of(grace)
        browser = Browser()
        assert browser.client.post("/limited/", credentials_of(grace)).status_code == 302
        assert browser.client.get("/secret/").url == "/code/"
        assert browser.post("start-registration").json()["reauthentication_url"] == "/code/"

        browser.client.post("/code/", {"code": TOTP(device.bin_key).token()})

        assert browser.client.get("/secret/").content == b"secret"
        assert browser.register().status_code == 201

    def test_g6_a_code_is_no_second_step(self, ada, user):
        """Nobody is signed in before the second step, so there is nobody whose code it could be."""
        device = self.device_of(user)
        first_round(ada, user, "/limited/")

        ada.client.post("/code/", {"code": TOTP(device.bin_key).token()})

        assert ada.user_id is None


def enter_code(request):
    from django_otp import login, match_token

    if request.method == "POST" and request.user.is_authenticated:
        login(request, match_token(request.user, f"{int(request.POST['code']):06}"))
    return HttpResponse("code")
