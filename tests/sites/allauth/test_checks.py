"""`manage.py check` says what is missing for passkeys at allauth."""

import re
from pathlib import Path

import pytest
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from django.contrib.auth import get_user_model
from django.core.checks import run_checks

from passkeys_django import check_ids
from passkeys_django.checks.beside_allauth import check_allauth
from passkeys_django.contrib.allauth.checks import check_apps
from passkeys_django.signup.forms import PasskeySignupForm

CONTRIB = "passkeys_django.contrib.allauth"
pytestmark = pytest.mark.django_db  # some checks of Django 6.1 ask the database


class WithoutAddress(PasskeySignupForm):
    class Meta(PasskeySignupForm.Meta):
        fields = ("first_name",) if hasattr(get_user_model(), "first_name") else ()


class PlainForm(LoginForm):
    pass


class PlainAdapter(DefaultAccountAdapter):
    pass


MISTAKES = {
    "passkeys_django_allauth.E002": {"ROOT_URLCONF": "tests.sites.allauth.urls_around"},
    "passkeys_django_allauth.W002": {"ACCOUNT_FORMS": {"login": f"{__name__}.PlainForm"}},
    "passkeys_django_allauth.W003": {"ACCOUNT_ADAPTER": f"{__name__}.PlainAdapter"},
    "passkeys_django_allauth.W004": {
        "PASSKEY_SIGNUP_FORM": f"{__name__}.WithoutAddress",
        "ACCOUNT_EMAIL_VERIFICATION": "mandatory",
    },
}


def messages():
    return {message.id: message for message in run_checks() if (message.id or "").startswith("passkeys_django")}


def test_the_site_of_the_docs_is_set_up_right():
    assert messages() == {}


def test_a_script_name_changes_nothing(settings):
    settings.FORCE_SCRIPT_NAME = "/app"
    assert messages() == {}
    settings.ROOT_URLCONF = "tests.sites.allauth.urls_around"
    assert list(messages()) == ["passkeys_django_allauth.E002"]


@pytest.mark.parametrize("identifier", MISTAKES)
def test_a_mistake_is_found(settings, identifier):
    for name, value in MISTAKES[identifier].items():
        setattr(settings, name, value)

    assert list(messages()) == [identifier]
    assert CONTRIB in messages()[identifier].hint or "PASSKEY_SIGNUP_FORM" in messages()[identifier].hint


@pytest.fixture
def layout(settings, tmp_path):
    """A function that writes a template of the site."""
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [tmp_path]}]

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    return write


def test_a_layout_without_a_place_for_the_stylesheet_is_found(layout):
    layout(
        "allauth/layouts/base.html",
        "<title>{% block head_title %}{% endblock %}</title>{% block content %}{% endblock %}",
    )

    assert list(messages()) == ["passkeys_django_allauth.W005"]


def test_who_has_own_classes_needs_no_stylesheet(layout):
    layout("allauth/layouts/base.html", "{% block content %}{% endblock %}")
    layout("passkeys_django/classes.html", "button: btn btn-primary")

    assert messages() == {}


def test_who_has_an_own_frame_for_the_pages_needs_no_place_in_allauths(layout, settings):
    layout("allauth/layouts/base.html", "{% block content %}{% endblock %}")
    layout("frame.html", "{% block content %}{% endblock %}")
    settings.PASSKEY_BASE_TEMPLATE = "frame.html"

    assert messages() == {}


def test_allauths_form_without_any_setting_is_found(settings):
    settings.ACCOUNT_FORMS = {}

    assert list(messages()) == ["passkeys_django_allauth.W002"]


@pytest.mark.parametrize(
    ("change", "identifier"),
    [
        (lambda apps: [app for app in apps if not app.startswith("allauth")], "E001"),
        (lambda apps: [*(app for app in apps if app != CONTRIB), CONTRIB], "W001"),
    ],
    ids=["without allauth", "at the end"],
)
def test_the_list_of_apps_is_checked(settings, change, identifier):
    settings.INSTALLED_APPS = change(settings.INSTALLED_APPS)

    (message,) = check_apps()

    assert message.id == f"passkeys_django_allauth.{identifier}"
    assert CONTRIB in message.hint


def test_allauth_without_this_app_is_found(settings):
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != CONTRIB]

    (message,) = check_allauth()

    assert message.id == "passkeys_django.W020"
    assert CONTRIB in message.hint


def test_urls_inside_a_namespace_are_found(settings):
    settings.ROOT_URLCONF = "tests.sites.allauth.urls_nested"

    ((identifier, message),) = messages().items()
    assert identifier == "passkeys_django.W013"
    assert f"include('{CONTRIB}.urls')" in message.hint


def test_every_check_has_a_test():
    source = Path(check_ids.__file__).read_text()
    assert set(re.findall(r"passkeys_django_allauth\.\w+", source)) == {
        *MISTAKES,
        "passkeys_django_allauth.E001",
        "passkeys_django_allauth.W001",
        "passkeys_django_allauth.W005",
    }
