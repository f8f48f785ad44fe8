"""`manage.py check` says where passkeys do not reach Wagtail's admin."""

import pytest
from django.core.checks import run_checks
from django.urls import include, path
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.admin.forms.auth import LoginForm

from passkeys_django.contrib.wagtail.login import WagtailLoginView
from passkeys_django.forms import PasskeyFormMixin

pytestmark = pytest.mark.django_db


class PlainForm(LoginForm):
    pass


class MixedForm(PasskeyFormMixin, LoginForm):
    """Wagtail's template would show its hidden field with a label."""


class Plain:
    urlpatterns = [
        path("back/office/", include(wagtailadmin_urls)),
        path("back/office/login/", WagtailLoginView.as_view()),  # too late
        path("passkeys/", include("passkeys_django.urls")),
    ]


class Without:
    urlpatterns = [path("passkeys/", include("passkeys_django.urls"))]


def found():
    return [(message.id, message.hint) for message in run_checks() if "wagtail" in str(message).lower()]


def test_the_site_of_the_page_has_no_messages():
    assert run_checks() == []


def test_a_login_page_that_is_not_ours_is_named_with_the_line_to_write(settings):
    settings.ROOT_URLCONF = Plain

    [(check_id, hint)] = found()

    assert check_id == "passkeys_django_wagtail.W001"
    assert "path('back/office/login/', WagtailLoginView.as_view())" in hint


@pytest.mark.parametrize("form", [PlainForm, MixedForm], ids=lambda form: form.__name__)
def test_a_form_that_does_not_inherit_from_ours_is_named(settings, form):
    settings.WAGTAILADMIN_USER_LOGIN_FORM = f"{__name__}.{form.__name__}"

    [(check_id, hint)] = found()

    assert check_id == "passkeys_django_wagtail.W002"
    assert "passkeys_django.contrib.wagtail.forms.LoginForm" in hint


def test_a_site_with_a_login_page_of_its_own_is_left_alone(settings):
    settings.ROOT_URLCONF = Plain
    settings.WAGTAILADMIN_LOGIN_URL = "/sso/"

    assert found() == []


def test_a_site_without_wagtails_urls_is_left_alone(settings):
    settings.ROOT_URLCONF = Without

    assert [check_id for check_id, _hint in found() if check_id.startswith("passkeys_django")] == []
