"""The login page of Wagtail's admin, and the one before private pages."""

import json
import re

import pytest
from django import forms
from django.urls import resolve
from django.utils.html import strip_tags
from wagtail.models import Page, PageViewRestriction

from passkeys_django.contrib.wagtail.forms import LoginForm
from passkeys_django.sessions import get_authentication, is_recently_authenticated
from tests.conftest import Browser, credentials_of, make_user
from tests.sessions.test_sessions import request_of
from tests.sites.wagtail.people import LOGIN, by_passkey, editor, signed_out  # noqa: F401

pytestmark = pytest.mark.django_db
HOME, PAGES = "/cms/", "/cms/pages/"


def by_password(browser, path=LOGIN, **fields):
    return browser.client.post(path, {**browser.credentials, **fields})


@pytest.fixture(params=[by_passkey, by_password], ids=["passkey", "password"])
def sign_in(request):
    return request.param


@pytest.fixture
def browser(editor):  # noqa: F811
    """The editor's, signed out."""
    return browser_of(editor)


def browser_of(user):
    browser = signed_out(user)
    browser.credentials = credentials_of(user)
    return browser


def config_of(page):
    return json.loads(re.search(r'id="passkeys-config" type="application/json">(.*?)<', page)[1])


def test_the_page_takes_passkeys_by_button_and_by_autofill(client):
    page = client.get(LOGIN).content.decode()

    assert "data-passkey-login" in page
    [username] = re.findall(r'<input[^>]*name="username"[^>]*>', page)
    assert 'autocomplete="username webauthn"' in username
    form = re.search(r'<form class="login-form".*?</form>', page, re.DOTALL)[0]
    assert len(re.findall(r"<input[^>]*data-passkey-credential", form)) == 1
    assert config_of(page)["form"] == {"field": "passkey", "beside": "username", "action": LOGIN}
    assert "passkeys_django/wagtail.css" in page


def test_the_hidden_field_has_no_label(client):
    page = client.get(LOGIN).content.decode()

    labels = [strip_tags(label).strip(" *\n") for label in re.findall(r"<label.*?</label>", page, re.DOTALL)]
    assert labels == ["Username", "Password", "Remember me"]


def test_people_land_where_they_wanted_to_go(browser, sign_in):
    assert browser.client.get(PAGES).url == f"{LOGIN}?next={PAGES}"

    assert sign_in(browser, next=PAGES).url == PAGES

    assert browser.client.get(PAGES).status_code == 200


def test_without_an_aim_they_land_in_the_admin(browser, sign_in):
    assert sign_in(browser).url == HOME
    assert sign_in(browser, next="https://evil.example/").url == HOME


def test_the_session_ends_with_the_browser_unless_they_want_to_be_remembered(browser, sign_in):
    sign_in(browser)
    assert browser.client.session.get_expire_at_browser_close()

    sign_in(browser, remember="on")
    assert not browser.client.session.get_expire_at_browser_close()


def test_a_passkey_counts_as_a_recent_login_with_a_passkey(browser):
    by_passkey(browser)

    assert get_authentication(request_of(browser)).method == "passkey"
    assert is_recently_authenticated(request_of(browser))


def test_over_a_session_the_login_opens_a_new_one(browser, sign_in):
    sign_in(browser)
    before = browser.client.session.session_key

    sign_in(browser)

    assert browser.client.session.session_key != before


def test_who_may_not_enter_the_admin_is_told_so(sign_in):
    browser = browser_of(make_user("member"))

    assert sign_in(browser, next=PAGES).url == PAGES

    page = browser.client.get(PAGES, follow=True).content.decode()
    assert "You do not have permission to access the admin." in page


def test_a_refused_passkey_is_an_error_on_the_page(browser, editor, deactivate):  # noqa: F811
    deactivate(editor)

    page = by_passkey(browser).content.decode()

    assert re.search(r'<li class="error">\s*\S', page)
    assert browser.user_id is None
    assert "clientDataJSON" not in page


def test_a_passkey_signs_in_once(browser):
    credential = json.dumps(browser.authenticator.get(browser.request_options()))
    post = {"username": "", "password": "", "passkey": credential}
    cookies = dict(browser.client.cookies)
    assert browser.client.post(LOGIN, post).status_code == 302

    browser.client.logout()
    browser.client.cookies.update(cookies)

    assert browser.client.post(LOGIN, post).status_code == 200
    assert browser.user_id is None


class FloorForm(LoginForm):
    """A site's own form, in which people say where they are."""

    floor = forms.CharField()

    def clean_floor(self):
        if self.cleaned_data["floor"] != "3":
            raise forms.ValidationError("Only from the third floor.")
        return "3"


def test_a_form_of_the_site_holds_for_passkeys_too(browser, settings, sign_in):
    settings.WAGTAILADMIN_USER_LOGIN_FORM = f"{__name__}.FloorForm"
    page = browser.client.get(LOGIN).content.decode()
    assert 'name="floor"' in page
    assert page.count("data-passkey-credential") == 1

    assert sign_in(browser, floor="2").status_code == 200
    assert browser.user_id is None
    assert sign_in(browser, floor="3").url == HOME


def test_the_page_works_where_wagtail_manages_no_passwords(browser, settings):
    settings.WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
    page = browser.client.get(LOGIN).content.decode()
    assert "password_reset" not in page
    assert "data-passkey-login" in page

    assert by_passkey(browser).url == HOME


def test_an_error_does_not_make_a_used_passkey_new(browser):
    """On a site with ATOMIC_REQUESTS: Wagtail's own login view would roll back."""
    assert resolve(LOGIN).func._non_atomic_requests == {"default"}


def test_tags_carry_the_nonce_of_a_strict_policy(settings, client):
    from csp.constants import NONCE

    settings.MIDDLEWARE = ["csp.middleware.CSPMiddleware", *settings.MIDDLEWARE]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"script-src": [NONCE], "style-src": [NONCE]}}

    response = client.get(LOGIN)

    [nonce, _other] = re.findall(r"'nonce-([^']+)'", response["Content-Security-Policy"])
    page = response.content.decode()
    assert re.search(rf'<script type="module"[^>]*passkeys\.js" nonce="{re.escape(nonce)}"', page)
    assert re.search(rf'<link[^>]*wagtail\.css" nonce="{re.escape(nonce)}"', page)


@pytest.fixture
def private_page():
    """A page for people who are signed in."""
    page = Page(title="Our figures", slug="figures")
    Page.objects.get(depth=2).add_child(instance=page)
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)
    return page.get_url()


def test_a_private_page_is_reached_with_a_passkey(private_page, sign_in):
    browser = browser_of(make_user("member"))
    login = browser.client.get(private_page).url
    assert login == f"/accounts/login/?next={private_page}"
    assert "data-passkey-login" in browser.client.get(login).content.decode()

    assert sign_in(browser, login, next=private_page).url == private_page

    assert PageViewRestriction.objects.get().accept_request(request_of(browser))


def test_somebody_else_stays_outside():
    assert Browser().client.get(HOME).url == f"{LOGIN}?next={HOME}"
