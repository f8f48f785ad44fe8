"""docs/how-to/recovery.md: its settings, its mails, and its code."""

import pytest
from django.http import HttpResponse
from django.template import Context, Template
from django.test import override_settings

from passkeys_django.conf import passkey_settings
from passkeys_django.models import RecoveryCode
from passkeys_django.recovery import CODES, by_code, by_email
from tests.conftest import Browser
from tests.docs.how_to.mails import FACTS, LINK_BY_EMAIL, mail
from tests.docs.how_to.pages import Page

PAGE = Page("recovery")


def test_the_settings_shown_are_the_defaults():
    names = {
        "PASSKEY_RECOVERY_CODES": "recovery_codes",
        "PASSKEY_RECOVERY_DELAY": "recovery_delay",
        "PASSKEY_RECOVERY_BY_EMAIL": "recovery_by_email",
    }
    shown = PAGE.settings()

    assert {name: getattr(passkey_settings, property) for name, property in names.items()} == shown
    with override_settings(**shown):
        assert passkey_settings.recovery_codes


def test_the_numbers_are_those_of_the_code():
    assert CODES == 10
    assert by_code.LINK_AGE.total_seconds() == 10 * 60
    assert by_email.LINK_AGE.total_seconds() == 24 * 3600
    assert by_email.PAUSE.days == 7
    for number in (
        "10 codes",
        "10 minutes",
        "24 hours",
        "7 days",
        "72 hours",
        "3 e-mails a day",
        "10 wrong codes an hour",
    ):
        assert f"| {number} |" in PAGE.text


@pytest.mark.parametrize(("kind", "facts"), [("recovery", LINK_BY_EMAIL), ("recovery_codes", FACTS)])
def test_people_read_what_the_page_shows(kind, facts):
    subject, body = mail(kind, facts)

    assert f"“{subject}”" in PAGE.text
    assert body.startswith(PAGE.block(kind).strip())


def test_the_link_leads_to_the_page():
    assert (
        Template(PAGE.block("templates/registration/login.html"))
        .render(Context())
        .startswith('<a href="/passkeys/recover/">')
    )


@pytest.mark.django_db
def test_people_with_few_codes_are_reminded(user, monkeypatch):
    reminded = PAGE.install(monkeypatch, "codes.py").should_be_reminded
    for number in range(3):
        RecoveryCode.objects.create(user=user, code_sha256=str(number), strength=1)
        assert reminded(user) is (number < 2)


@pytest.mark.django_db
def test_g1_the_guard_asks_for_what_the_account_has(user, other_user, monkeypatch, registered):
    view = PAGE.install(monkeypatch, "shop/guards.py").as_strong_as_the_account(
        lambda request: HttpResponse("form")
    )

    def answer(browser):
        return view(browser.client.get("/passkeys/").wsgi_request)

    assert "method=passkey" in answer(Browser().sign_in(user))["Location"]  # with the password
    assert answer(Browser().sign_in(other_user)).content == b"form"  # has no passkey
    assert answer(Browser()).status_code == 302
    assert registered.login().status_code == 200
    assert answer(registered).content == b"form"
