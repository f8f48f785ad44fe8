"""People without a passkey are led to create one, and come back to the form as they have filled it in."""

import pytest

from tests.conftest import refusal
from tests.signatures.conftest import DATA, URL, Signer
from tests.signatures.site import transfers

pytestmark = pytest.mark.django_db


@pytest.fixture
def beginner(site, user):
    return Signer().sign_in(user)


def test_they_come_back_with_the_form_filled(beginner):
    page = beginner.client.post(URL, DATA, secure=True)
    assert page.status_code == 403
    assert f'data-passkey-register="{URL}"' in page.content.decode()
    assert beginner.register().status_code == 201

    form = beginner.client.get(URL, secure=True).content.decode()

    for value in ("Grace", "12.50", "Lunch", "ours"):
        assert value in form
    assert 'class="errorlist' not in form
    assert beginner.sign().status_code == 201
    assert transfers() == ["12.50 to Grace"]


def test_what_they_entered_is_shown_once_and_only_there(beginner):
    beginner.client.post(URL, DATA, secure=True)
    assert "Grace" in beginner.client.get(URL, secure=True).content.decode()
    assert "Grace" not in beginner.client.get(URL, secure=True).content.decode()


def test_the_next_person_at_this_browser_does_not_see_it(beginner, other_user):
    beginner.client.post(URL, DATA, secure=True)
    beginner.sign_in(other_user)
    assert "Grace" not in beginner.client.get(URL, secure=True).content.decode()


def test_a_long_text_is_not_kept_in_the_session(beginner, settings):
    beginner.client.post(URL, {**DATA, "purpose": "x" * 20_000}, secure=True)
    assert "Grace" not in beginner.client.get(URL, secure=True).content.decode()


def test_a_session_in_a_cookie_keeps_only_little(settings, site, user):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    beginner = Signer().sign_in(user)
    beginner.client.post(URL, {**DATA, "purpose": "x" * 2_000}, secure=True)
    assert "Grace" not in beginner.client.get(URL, secure=True).content.decode()
    beginner.client.post(URL, DATA, secure=True)
    assert "Grace" in beginner.client.get(URL, secure=True).content.decode()


def test_a_script_is_told_where_a_passkey_is_created(beginner):
    response = beginner.start()
    assert refusal(response) == (403, "passkey_required")
    assert response.json()["url"] == "/passkeys/"
