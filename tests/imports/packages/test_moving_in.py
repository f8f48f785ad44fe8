"""People who registered with another package's own views sign in here with the passkey they have.

The other package is in an environment of its own, ours does not have it: `make imports`.
"""

import importlib.util
import re
import socket
from dataclasses import replace

import pytest

from passkeys_django.maintenance.importing import AS_SECURITY_KEY, UNSURE
from passkeys_django.testing import SoftwareAuthenticator
from tests.imports.packages.people import PEOPLE
from tests.imports.packages.sites import ROOT, Site


@pytest.fixture
def site(tmp_path):
    """A function: a site with this package, its tables and its user."""

    def start(package, user_model="auth.User"):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        site = Site(package=package, database=tmp_path / "site.sqlite3", user_model=user_model, port=port)
        site.manage("migrate", "--verbosity=0")
        site.create_user()
        return site

    return start


def moved(site, package):
    """The same site with another package: another environment, the same database."""
    moved = replace(site, package=package)
    moved.manage("migrate", "--verbosity=0")
    return moved


@pytest.mark.parametrize(
    "module", ["allauth", "django_mfa", "django_otp_webauthn", "mfa", "passkeys", "two_factor"]
)
def test_the_other_packages_are_not_installed_here(module):
    assert importlib.util.find_spec(module) is None


@pytest.mark.parametrize(
    ("package", "user_model"),
    [
        ("django-otp-webauthn", "auth.User"),
        ("django-otp-webauthn", "accounts.EmailUser"),
        ("django-allauth", "auth.User"),
        ("django-allauth", "accounts.EmailUser"),
        ("django-passkeys", "accounts.EmailUser"),
        ("django-mfa", "accounts.EmailUser"),
    ],
)
def test_who_registered_a_passkey_there_signs_in_with_it_here(site, package, user_model):
    theirs, before = registered_there(site, package, user_model)

    ours = moved(theirs, "ours")
    first, *remarks = ours.manage("passkeys_import", package).splitlines()
    assert first == "Imported 1, skipped 0."
    assert [UNSURE in remark for remark in remarks] == [True] * (package == "django-passkeys")

    with ours.serving():
        assert_signs_in(before.moved_to(ours))


@pytest.mark.parametrize("package", ["django-mfa2", "django-two-factor-auth"])
def test_who_registered_a_second_factor_there_uses_it_after_the_password_here(site, package):
    """Both packages need a user model with names.

    With django-two-factor-auth, the key is discoverable all the same, as a phone's is: its user handle is checked.
    """
    theirs, before = registered_there(site, package, "auth.User")

    ours = moved(theirs, "ours")
    first, remark = ours.manage("passkeys_import", package).splitlines()
    assert first == "Imported 1, skipped 0."
    assert AS_SECURITY_KEY in remark

    with ours.serving():
        after = before.moved_to(ours)
        after.sign_in_in_two_steps()
        assert after.signed_in_as() == ours.username


def registered_there(site, package, user_model):
    """The site with this package, and the person who has registered there, and signed in."""
    theirs = site(package, user_model)
    before = PEOPLE[package](theirs, security_key(theirs))
    with theirs.serving():
        before.sign_in_by_password()
        before.register()
        before.sign_out()
        before.sign_in()
        assert before.signed_in_as() == theirs.username
    return theirs, before


def security_key(site):
    """A counter that does not go back, and no copies: what is easiest to get wrong."""
    return SoftwareAuthenticator(origin=site.origin, counter=0, backup_eligible=False, backup_state=False)


def assert_signs_in(person):
    person.sign_in()
    assert person.signed_in_as() == person.site.username


def test_allauth_asks_for_its_passkeys_after_the_password_until_its_rows_are_deleted(site):
    """As docs/how-to/move-from-django-allauth.md says, which also says how."""
    page = (ROOT / "docs" / "how-to" / "move-from-django-allauth.md").read_text(encoding="utf-8")
    delete = re.search(r"manage\.py shell -c '(.*)'", page)[1]
    theirs = site("django-allauth")
    person = PEOPLE[theirs.package](theirs, security_key(theirs))
    with theirs.serving():
        person.sign_in_by_password()
        person.register()
    ours = moved(theirs, "ours")
    ours.manage("passkeys_import", "django-allauth")

    without = replace(theirs, mfa_types="totp")
    with without.serving():
        person.sign_out()
        person.sign_in_by_password()
        assert person.signed_in_as() == ""
        theirs.manage("shell", "-c", delete)
        person.sign_out()
        person.sign_in_by_password()
        assert person.signed_in_as() == theirs.username

    assert ours.manage("passkeys_import", "django-allauth") == "Imported 0, skipped 0.\n"
    with ours.serving():
        assert_signs_in(person.moved_to(ours))


def test_passkeys_of_before_and_after_django_otp_webauthn_0_5_sign_in_here(site):
    old_site = site("django-otp-webauthn-0.4")
    old = PEOPLE[old_site.package](old_site, security_key(old_site))
    with old_site.serving():
        old.sign_in_by_password()
        old.register()
    new_site = moved(old_site, "django-otp-webauthn")
    new = old.moved_to(new_site)
    with new_site.serving():
        new.sign_in()
        new.authenticator = security_key(new_site)
        new.register()

    ours = moved(new_site, "ours")
    first, second = ours.manage("passkeys_import", "django-otp-webauthn").splitlines()
    assert first == "Imported 2, skipped 0."
    assert "  1 with the user handle that releases before 0.5 made" in second

    with ours.serving():
        assert_signs_in(old.moved_to(ours))
        assert_signs_in(new.moved_to(ours))
    assert [len(handle_of(person)) for person in (old, new)] == [32, 64]


def handle_of(person):
    (credential,) = person.authenticator.credentials.values()
    return credential.user_handle
