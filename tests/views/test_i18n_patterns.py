"""A site whose addresses begin with the language, and ours with them."""

import json
import re

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.core.exceptions import ValidationError
from django.urls import include, path
from django.utils import translation

from passkeys_django.forms import PasskeyAuthenticationForm
from passkeys_django.login import PasskeyLoginView
from tests.conftest import Browser, refusal

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.views.test_i18n_patterns")]


class NobodysForm(PasskeyAuthenticationForm):
    def confirm_login_allowed(self, user):
        raise ValidationError("Nobody signs in today.")


urlpatterns = i18n_patterns(
    path("accounts/login/", PasskeyLoginView.as_view(next_page="passkeys:list"), name="login"),
    path("closed/", PasskeyLoginView.as_view(authentication_form=NobodysForm), name="closed"),
    path("passkeys/", include("passkeys_django.urls")),
)


class GermanBrowser(Browser):
    def post(self, name, body=None, **kwargs):
        return self.client.post(f"/de/passkeys/{name}", json.dumps(body or {}), content_type="application/json")


@pytest.fixture(autouse=True)
def _languages(settings):
    settings.LOGIN_URL = "login"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.locale.LocaleMiddleware"]
    with translation.override(settings.LANGUAGE_CODE):  # LocaleMiddleware leaves its language behind
        yield


@pytest.fixture
def german(user):
    browser = GermanBrowser().sign_in(user)
    assert browser.register().status_code == 201
    return browser


def test_people_sign_in(german):
    german.client.logout()

    answer = german.login()

    assert answer.status_code == 200
    assert german.user_id is not None


def test_the_script_is_told_addresses_in_the_language_of_the_page(german):
    page = german.client.get("/de/accounts/login/").content.decode()
    config = json.loads(re.search(r'id="passkeys-config"[^>]*>(.*?)</script>', page)[1])

    endpoints = {url for name, url in config["urls"].items() if name != "script"}
    assert endpoints
    assert {url.split("/")[1] for url in endpoints} == {"de"}
    assert "Mit einem Passkey anmelden" in page


def test_the_list_speaks_the_language_of_its_address(german):
    assert "Ihre Passkeys" in german.client.get("/de/passkeys/").content.decode()
    assert "Your passkeys" in german.client.get("/en/passkeys/").content.decode()


def test_whoever_is_not_signed_in_comes_back_in_the_same_language(client):
    response = client.get("/de/passkeys/")

    assert response.url == "/de/accounts/login/?next=/de/passkeys/"


@pytest.mark.parametrize("login_url", ["closed", "/closed/", "/closed", "/de/closed/", "/de/closed"])
def test_u2_the_login_page_whose_rule_holds_is_found_where_django_redirects_to_it(german, settings, login_url):
    settings.LOGIN_URL = login_url
    german.client.logout()

    assert refusal(german.login()) == (403, "login_failed")
