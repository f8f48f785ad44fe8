"""`manage.py check` tells where PASSKEY_POLICY cannot be read, is not obeyed, or lets nobody in."""

import pytest
from django.contrib import admin
from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.contrib.auth.models import Group
from django.core.checks import Tags, run_checks
from django.db import DatabaseError
from django.test import override_settings

from passkeys_django.admin_site import PasskeyAdminSite
from passkeys_django.backends import PolicyModelBackend
from passkeys_django.checks.doctor import examine_database
from passkeys_django.checks.policy import ALL
from passkeys_django.middleware import PasskeyPolicyMiddleware
from tests.conftest import make_passkey, make_user

MIDDLEWARE = "passkeys_django.middleware.PasskeyPolicyMiddleware"
AUTH = "django.contrib.auth.middleware.AuthenticationMiddleware"
OURS = ["passkeys_django.backends.PolicyModelBackend", "passkeys_django.backends.PasskeyBackend"]
SECOND_STEP = {"staff": {"password": "second-step"}}
REQUIRED = {"staff": {"passkey": "required"}}
REFUSED = {"everybody": {"password": "refused", "from": "2020-01-01"}}
NOTHING = {"everybody": {}}


def by_function(user):
    return {}


FUNCTION = f"{__name__}.by_function"


class OwnMiddleware(PasskeyPolicyMiddleware):
    pass


class OwnBackend(ModelBackend):
    pass


class OwnPolicyBackend(PolicyModelBackend):
    pass


class Directory:
    """As django-auth-ldap: no subclass of Django's."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        raise NotImplementedError


class ByHeader:
    def authenticate(self, request, remote_user):
        raise NotImplementedError


class Permissions(BaseBackend):
    pass


@pytest.fixture(autouse=True)
def well(settings):
    """A site that is set up right for a policy."""
    settings.ROOT_URLCONF = "tests.policy.urls"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
    settings.AUTHENTICATION_BACKENDS = OURS


@pytest.fixture
def found(settings, monkeypatch):
    """A function: the messages about this policy, by the number in their id."""
    monkeypatch.setattr("passkeys_django.checks.policy.doors.served_sites", lambda: [PasskeyAdminSite("admin")])

    def found(policy):
        settings.PASSKEY_POLICY = policy
        return {message.id.split(".")[1]: message for check in ALL for message in check()}

    return found


@pytest.mark.parametrize("policy", [None, NOTHING, SECOND_STEP, REQUIRED, REFUSED, FUNCTION], ids=str)
def test_a_site_that_is_set_up_right_hears_nothing(found, policy):
    assert found(policy) == {}


@pytest.mark.parametrize("policy", [[], {"staff": {"passkey": "yes"}}, "nowhere.to.be.found"], ids=str)
def test_a_policy_that_cannot_be_read_is_reported_once(found, policy):
    messages = found(policy)

    assert list(messages) == ["E016"]
    assert "PASSKEY_POLICY" in messages["E016"].msg


def test_an_entry_that_refuses_passwords_says_from_when_on(found):
    messages = found({"superusers": {"passkey": "required", "password": "refused"}})

    assert list(messages) == ["E017"]
    assert "'superusers'" in messages["E017"].msg


@pytest.mark.parametrize("policy", [SECOND_STEP, REQUIRED, REFUSED, FUNCTION], ids=str)
def test_the_middleware_is_listed(settings, found, policy):
    settings.MIDDLEWARE = [path for path in settings.MIDDLEWARE if path != MIDDLEWARE]

    assert list(found(policy)) == ["E018"]
    assert found(NOTHING) == {}


def test_the_middleware_comes_after_the_one_that_finds_the_user(settings, found):
    settings.MIDDLEWARE = [MIDDLEWARE, AUTH]

    assert list(found(REQUIRED)) == ["E019"]


def test_a_middleware_of_the_sites_own_may_extend_ours(settings, found):
    settings.MIDDLEWARE = [AUTH, "not.there", f"{__name__}.OwnMiddleware"]

    assert found(REQUIRED) == {}


def test_the_pages_exist(settings, found):
    settings.ROOT_URLCONF = "passkeys_django.urls"

    assert "E020" in found(REQUIRED)
    assert "E020" not in found(NOTHING)


BYPASSING = ["django.contrib.auth.backends.ModelBackend", f"{__name__}.OwnBackend", f"{__name__}.Directory"]
HARMLESS = [f"{__name__}.OwnPolicyBackend", f"{__name__}.ByHeader", f"{__name__}.Permissions", "not.there"]
HARMLESS += ["axes.backends.AxesStandaloneBackend"]


@pytest.mark.parametrize("policy", [SECOND_STEP, REFUSED, FUNCTION], ids=str)
@pytest.mark.parametrize("path", BYPASSING)
def test_g5_a_backend_that_takes_every_password_is_reported(settings, found, path, policy):
    settings.AUTHENTICATION_BACKENDS = [*OURS, path]

    messages = found(policy)

    assert list(messages) == ["W022"]
    assert messages["W022"].msg.startswith(path)
    assert found(REQUIRED) == {}


@pytest.mark.parametrize("path", HARMLESS)
def test_a_backend_that_takes_no_password_of_its_own_is_not(settings, found, path):
    settings.AUTHENTICATION_BACKENDS = [*OURS, path]

    assert found(REFUSED) == {}


@pytest.mark.parametrize("policy", [SECOND_STEP, REQUIRED, FUNCTION], ids=str)
def test_the_login_page_asks_for_what_is_due(settings, found, policy):
    settings.LOGIN_URL = "/plain-login/"

    assert list(found(policy)) == ["W023"]
    assert "django.contrib.auth.views.LoginView" in found(policy)["W023"].msg
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", OURS[1]]
    assert "W023" not in found(policy)  # there, the middleware asks


@pytest.mark.parametrize("url", ["/own-login/", "https://login.example/", "nothing"])
def test_a_login_page_that_is_not_djangos_is_the_sites_own_business(settings, found, url):
    settings.LOGIN_URL = url

    assert found(SECOND_STEP) == {}


def test_the_admins_login_page_asks_for_what_is_due(found, monkeypatch):
    found(SECOND_STEP)
    monkeypatch.setattr(
        "passkeys_django.checks.policy.doors.served_sites", lambda: [admin.AdminSite(), PasskeyAdminSite("other")]
    )

    messages = [message for check in ALL for message in check()]

    assert [message.id for message in messages] == ["passkeys_django.W023"]
    assert "admin site 'admin'" in messages[0].msg


@pytest.mark.parametrize("app", ["django_otp", "allauth.mfa"])
def test_a_site_where_two_packages_ask_is_told_who_asks_whom(found, monkeypatch, app):
    monkeypatch.setattr("passkeys_django.checks.policy.neighbours.apps.is_installed", app.__eq__)

    assert list(found(SECOND_STEP)) == ["W024"]
    assert found(REQUIRED) == {}


def with_database():
    messages = run_checks(tags=[Tags.database], databases=["default"])
    return [message.id.split(".")[1] for message in messages if message.id.startswith("passkeys_django")]


@pytest.mark.django_db
def test_a_group_that_does_not_exist_is_reported(settings):
    settings.PASSKEY_POLICY = {"group:Finance": {"passkey": "required"}}

    assert with_database() == ["W025"]
    Group.objects.create(name="Finance")
    assert with_database() == []


LATER = {"everybody": {"passkey": "required", "password": "refused", "from": "2999-01-01"}}


@pytest.mark.django_db
@pytest.mark.parametrize("policy", [REFUSED, LATER], ids=["begun", "to come"])
def test_a_policy_that_lets_no_superuser_in_is_reported(settings, policy):
    settings.PASSKEY_POLICY = policy
    assert with_database() == []  # nobody is there yet
    root = make_user("root", is_staff=True, is_superuser=True)
    make_passkey(make_user("guest"), discoverable=True, user_verified=True)

    assert with_database() == ["W026"]
    findings = [finding for finding in examine_database() if finding.name == "policy"]
    assert [finding.message[:21] for finding in findings] == ["passkeys_django.W026:"]
    make_passkey(root, discoverable=True, user_verified=True)
    assert with_database() == []


@pytest.mark.django_db
def test_without_superusers_the_staff_and_then_everybody_is_looked_at(settings):
    settings.PASSKEY_POLICY = REFUSED
    guest = make_user("guest")
    assert with_database() == ["W026"]
    make_passkey(guest, discoverable=True, user_verified=True)
    assert with_database() == []

    make_user("staff", is_staff=True)

    assert with_database() == ["W026"]


@pytest.mark.django_db
def test_under_other_policies_a_password_is_a_way_in(settings):
    settings.PASSKEY_POLICY = {"everybody": {"passkey": "required", "password": "second-step"}}
    make_user("root", is_staff=True, is_superuser=True)

    assert with_database() == []


def test_no_check_reads_the_database_that_is_not_asked_for(settings):
    settings.PASSKEY_POLICY = {"group:Finance": {"password": "refused", "from": "2020-01-01"}}

    assert run_checks(tags=[Tags.database], databases=[]) == []
    assert [
        message for message in run_checks() if message.id in ("W025", "W026")
    ] == []  # it would be an error here


@pytest.mark.django_db
def test_a_database_without_our_tables_is_no_error_of_the_policy(settings, monkeypatch):
    def broken(*args, **kwargs):
        raise DatabaseError("no such table")

    settings.PASSKEY_POLICY = {"group:Finance": {"password": "refused", "from": "2020-01-01"}}
    monkeypatch.setattr("passkeys_django.checks.policy.people.active_users", broken)
    monkeypatch.setattr(Group.objects, "filter", broken)

    assert with_database() == []


@override_settings(PASSKEY_POLICY=REFUSED)
def test_the_checks_are_registered(settings):
    settings.MIDDLEWARE = []

    assert "passkeys_django.E018" in [message.id for message in run_checks(tags=[Tags.security])]
