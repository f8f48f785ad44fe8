"""docs/how-to/passwords-off.md: in each week the policy asks for what the page says."""

from datetime import UTC, datetime

import pytest
from django.test import override_settings

from passkeys_django.policy import entries, policy_of
from tests.conftest import make_user
from tests.docs.how_to.pages import Page

pytestmark = pytest.mark.django_db
PAGE = Page("passwords-off")
NOTHING = (False, False, False)


def settings_of(week, middleware=()):
    names = {"MIDDLEWARE": list(middleware)}
    exec(compile(PAGE.block(f"settings.py: week {week}"), PAGE.name, "exec"), names)
    return {name: value for name, value in names.items() if name.isupper()}


def demands(user):
    """Is a passkey required, is a second step asked for, is the password refused?"""
    entry = policy_of(user)
    return entry.requires_passkey, entry.asks_second_step, entry.refuses_passwords


@pytest.mark.parametrize(
    ("week", "day", "of_staff", "of_others"),
    [
        (1, "2027-01-05", NOTHING, NOTHING),
        (2, "2027-01-12", NOTHING, NOTHING),
        (2, "2027-01-19", (True, False, False), NOTHING),
        (3, "2027-01-19", (True, True, False), NOTHING),
        (4, "2027-01-26", (True, True, False), NOTHING),
        (5, "2027-02-02", (True, True, False), (True, True, False)),
        (6, "2027-02-07", NOTHING, NOTHING),
        (6, "2027-02-09", (True, False, True), (True, False, True)),
    ],
)
def test_the_policy_of_each_week_asks_for_what_the_page_says(monkeypatch, week, day, of_staff, of_others):
    now = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
    monkeypatch.setattr(entries, "_now", lambda: now)
    with override_settings(PASSKEY_POLICY=settings_of(week)["PASSKEY_POLICY"]):
        assert demands(make_user("staff", is_staff=True)) == of_staff
        assert demands(make_user("other")) == of_others


def test_the_first_week_has_the_middleware_and_the_backend(settings):
    shown = settings_of(1, settings.MIDDLEWARE)

    assert shown["MIDDLEWARE"][-1] == "passkeys_django.middleware.PasskeyPolicyMiddleware"
    assert shown["AUTHENTICATION_BACKENDS"][0] == "passkeys_django.backends.PolicyModelBackend"
