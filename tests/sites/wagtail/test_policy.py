"""PASSKEY_POLICY in Wagtail's admin: the second round of its login page, and sessions that wait."""

import re

import pytest

from passkeys_django.sessions import get_authentication
from tests.conftest import Browser, credentials_of, make_user
from tests.sessions.test_sessions import request_of
from tests.sites.owing import (
    POLICY_BACKEND,
    REFUSED,
    REQUIRED,
    SECOND_STEP,
    do_second_step,
    guard,
    is_parked,
    owner_of_passkey,
    second_step,
)
from tests.sites.wagtail.people import LOGIN, by_passkey, editor  # noqa: F401

pytestmark = pytest.mark.django_db
PAGES = "/cms/pages/"
STEP = "/passkeys/second-step/?next=%2Fcms%2Fpages%2F"


@pytest.fixture
def edith(editor):  # noqa: F811
    """A browser of an editor with a passkey."""
    return owner_of_passkey(editor)


def first_round(browser, user, **fields):
    return browser.client.post(LOGIN, {**credentials_of(user), "next": PAGES, **fields})


def hidden_in(page):
    """The fields of the second round's form."""
    form = re.search(r"<form method=\"post\".*?</form>", page.content.decode(), re.DOTALL)[0]
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    fields.pop("csrfmiddlewaretoken", None)
    return fields


def test_g6_wagtails_login_page_has_a_second_round_and_leads_on(edith, editor, settings):  # noqa: F811
    guard(settings, SECOND_STEP)

    page = first_round(edith, editor)
    assert "One more step" in page.content.decode()
    assert edith.user_id is None
    assert edith.client.get(PAGES)["Location"].startswith(LOGIN)
    fields = hidden_in(page)
    assert "password" not in fields
    response = edith.client.post(LOGIN, {**fields, "passkey": second_step(edith, fields["token"])})

    assert response["Location"] == PAGES
    assert edith.client.get(PAGES).status_code in (200, 302)
    assert get_authentication(request_of(edith)).methods == ("password", "passkey")


@pytest.mark.parametrize(("remember", "ends_with_browser"), [({}, True), ({"remember": "on"}, False)])
def test_remember_me_holds_over_both_rounds(edith, editor, settings, remember, ends_with_browser):  # noqa: F811
    guard(settings, SECOND_STEP)

    fields = hidden_in(first_round(edith, editor, **remember))
    edith.client.post(LOGIN, {**fields, "passkey": second_step(edith, fields["token"])})

    assert edith.client.session.get_expire_at_browser_close() is ends_with_browser


def test_the_second_round_stands_in_wagtails_look(edith, editor, settings):  # noqa: F811
    guard(settings, SECOND_STEP)

    page = first_round(edith, editor).content.decode()

    assert "data-passkey-login" in page
    assert "passkeys_django/wagtail.css" in page
    assert page.count("data-passkey-credential") == 1
    assert "<nav" not in page  # no menu of the admin for nobody


@pytest.mark.parametrize("path", [PAGES, "/cms/account/", "/cms/users/", "/cms/"])
def test_g5_in_a_session_that_waits_no_page_of_the_admin_is_seen(edith, editor, settings, path):  # noqa: F811
    guard(settings, SECOND_STEP)
    edith.client.force_login(editor, backend=POLICY_BACKEND)

    response = edith.client.get(path)

    assert response["Location"].startswith("/passkeys/second-step/?next=%2Fcms%2F")
    assert is_parked(edith.client)


def test_after_the_second_step_they_land_where_they_wanted_to_go(edith, editor, settings):  # noqa: F811
    guard(settings, SECOND_STEP)
    edith.client.force_login(editor, backend=POLICY_BACKEND)
    assert edith.client.get(PAGES)["Location"] == STEP
    assert "One more step" in edith.client.get(STEP).content.decode()
    assert do_second_step(edith, STEP)["Location"] == PAGES

    assert edith.client.get("/cms/account/").status_code == 200


def test_an_editor_without_the_passkey_that_is_required_creates_it_and_goes_on(editor, settings):  # noqa: F811
    guard(settings, REQUIRED, with_backend=False)
    browser = Browser()

    response = first_round(browser, editor)
    assert response["Location"] == "/passkeys/required/?next=%2Fcms%2Fpages%2F"
    assert "Create a passkey to go on" in browser.client.get(response["Location"]).content.decode()
    assert browser.register().status_code == 201

    assert browser.client.get("/cms/account/").status_code == 200


def test_g5_a_refused_password_looks_like_a_wrong_one(edith, editor, settings):  # noqa: F811
    guard(settings, REFUSED)

    refused, wrong = (
        re.findall(r'<li class="error">\s*(.*?)\s*</li>', page.content.decode(), re.DOTALL)
        for page in (first_round(edith, editor), first_round(edith, editor, password="wrong"))
    )

    assert refused == wrong != []
    assert by_passkey(edith, next=PAGES)["Location"] == PAGES


def test_wagtails_list_of_users_still_leads_to_their_passkeys(edith, editor, settings):  # noqa: F811
    root = owner_of_passkey(make_user("root", is_staff=True, is_superuser=True))
    guard(settings, SECOND_STEP)
    assert by_passkey(root)["Location"] == "/cms/"

    assert f"passkey/?user={editor.pk}" in root.client.get("/cms/users/").content.decode()
