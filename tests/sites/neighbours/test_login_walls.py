"""What sites put before and into their login form: a rate limit, a captcha."""

import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from captcha.fields import CaptchaField
from captcha.models import CaptchaStore
from django.contrib.auth.forms import AuthenticationForm
from django.core.cache import cache
from django.test import RequestFactory
from django.urls import include, path
from django_ratelimit.decorators import ratelimit

from passkeys_django.forms import PasskeyFormMixin
from passkeys_django.login import PasskeyLoginView
from tests.conftest import Browser, credentials_of
from tests.urls import urlpatterns as everybodys

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sites.neighbours.test_login_walls")]
PAGE = (Path(__file__).parents[3] / "docs/limits.md").read_text("utf-8")


def documented(title):
    names = {}
    exec(re.search(rf'```python title="{title}"\n(.*?)```', PAGE, re.DOTALL)[1], names)
    return names


class LoginForm(PasskeyFormMixin, AuthenticationForm):
    captcha = CaptchaField()


who = documented("mysite/ratelimit.py")["who"]
limited = ratelimit(key=who, rate="2/h", method="POST")
urlpatterns = [
    path("limited/", limited(PasskeyLoginView.as_view(next_page="/"))),
    path("captcha/", PasskeyLoginView.as_view(next_page="/", authentication_form=LoginForm)),
    path("captchas/", include("captcha.urls")),
    *everybodys,
]


def answer(browser):
    return json.dumps(browser.authenticator.get(browser.request_options()))


def post(browser, url, credential, **values):
    return browser.client.post(url, {"username": "", "password": "", "passkey": credential, **values})


def test_the_limit_answers_before_the_passkey_is_used(registered, user):
    credential = answer(registered)
    for _ in range(2):
        post(registered, "/limited/", "")

    assert post(registered, "/limited/", credential).status_code == 403
    cache.clear()
    assert post(registered, "/limited/", credential).status_code == 302
    assert registered.user_id == str(user.pk)


def test_passkeys_of_people_at_several_addresses_do_not_count_as_one_person(registered):
    for number in range(4):
        registered.client.defaults["REMOTE_ADDR"] = f"198.51.100.{number}"
        assert post(registered, "/limited/", answer(registered)).status_code == 302
        registered.client.logout()


def test_passwords_still_count_for_the_name(user):
    wrong = credentials_of(user) | {"password": "wrong"}
    answers = []
    for number in range(3):
        browser = Browser()
        browser.client.defaults["REMOTE_ADDR"] = f"198.51.100.{number}"
        answers.append(browser.client.post("/limited/", wrong).status_code)

    assert answers == [200, 200, 403]


def test_the_view_of_the_page_takes_passkeys(monkeypatch, client):
    for name in ("mysite", "mysite.ratelimit"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    sys.modules["mysite.ratelimit"].who = who
    [entry] = documented("mysite/urls.py")["urlpatterns"]

    page = entry.callback(RequestFactory().get("/")).render().content.decode()

    assert "data-passkey-credential" in page


@pytest.fixture
def captcha():
    """What somebody fills into the field: the solved captcha."""
    store = CaptchaStore.objects.get(hashkey=CaptchaStore.generate_key())
    return {"captcha_0": store.hashkey, "captcha_1": store.response}


def test_a_captcha_that_is_not_solved_is_an_error_and_the_passkey_is_not_used(registered, captcha):
    credential = answer(registered)

    page = post(registered, "/captcha/", credential, captcha_0=captcha["captcha_0"], captcha_1="?")

    assert page.context["form"].errors.keys() == {"captcha"}
    assert registered.user_id is None
    solved = CaptchaStore.objects.get(hashkey=CaptchaStore.generate_key())
    again = post(registered, "/captcha/", credential, captcha_0=solved.hashkey, captcha_1=solved.response)
    assert again.status_code == 302


def test_with_a_solved_one_people_sign_in_without_name_and_password(registered, user, captcha):
    assert post(registered, "/captcha/", answer(registered), **captcha).status_code == 302
    assert registered.user_id == str(user.pk)


def test_the_page_shows_the_captcha_beside_the_passkey(client):
    page = client.get("/captcha/").content.decode()

    assert 'name="captcha_1"' in page
    assert "data-passkey-credential" in page
