"""Apps of `contrib/` without the package beside which they stand. `tests/sites` tries their other checks."""

from passkeys_django.contrib.wagtail import checks as wagtail


def test_the_app_for_wagtail_needs_wagtail():
    [message] = [message for check in wagtail.ALL for message in check()]

    assert message.id == "passkeys_django_wagtail.E001"
    assert "wagtail.admin" in message.hint
